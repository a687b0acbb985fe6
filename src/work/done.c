/* done: calls that have waited and can be answered, for whoever serves them */
#include "work/done.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

struct done {
	pthread_mutex_t mutex;
	struct done_call *first;
	struct done_call **last;
	int event; /* eventfd */
};

struct done *
done_new(void)
{
	struct done *done = memory_new(1, sizeof(*done));

	done->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (done->event < 0) {
		free(done);
		return NULL;
	}
	pthread_mutex_init(&done->mutex, NULL);
	done->last = &done->first;
	return done;
}

void
done_free(struct done *done)
{
	close(done->event);
	pthread_mutex_destroy(&done->mutex);
	free(done);
}

/* Under the mutex. */
static void
wake(const struct done *done)
{
	const uint64_t one = 1;

	if (write(done->event, &one, sizeof(one)) < 0)
		log_error("event=wake_failed error=%d", errno);
}

void
done_put(struct done *done, struct done_call *call)
{
	pthread_mutex_lock(&done->mutex);
	if (done->first == NULL)
		wake(done);
	call->next = NULL;
	*done->last = call;
	done->last = &call->next;
	pthread_mutex_unlock(&done->mutex);
}

void *
done_take(struct done *done, enum error *result_out)
{
	struct done_call *call;
	void *waiter = NULL;
	uint64_t count;

	pthread_mutex_lock(&done->mutex);
	call = done->first;
	if (call != NULL) {
		waiter = call->waiter;
		*result_out = call->result;
		done->first = call->next;
	}
	if (done->first == NULL) {
		done->last = &done->first;
		/* It does not wait: there may be nothing in it. */
		if (read(done->event, &count, sizeof(count)) < 0 &&
		    errno != EAGAIN)
			log_error("event=wake_failed error=%d", errno);
	}
	pthread_mutex_unlock(&done->mutex);
	return waiter;
}

void
done_remind(struct done *done)
{
	pthread_mutex_lock(&done->mutex);
	if (done->first != NULL)
		wake(done);
	pthread_mutex_unlock(&done->mutex);
}

int
done_fd(const struct done *done)
{
	return done->event;
}
