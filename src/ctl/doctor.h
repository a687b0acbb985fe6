/* doctor: what its checks share */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/ctl.h"

/* A warning does not make the installation a wrong one. */
enum finding_state { FINDING_FINE, FINDING_WARNING, FINDING_WRONG };

struct finding {
	enum finding_state state;
	const char *check;
	const char *detail;
	const char *remedy; /* a command or a setting; NULL where all is well */
};

enum { FINDINGS_MAX = 64 };

struct doctor {
	struct ctl *ctl;
	struct finding findings[FINDINGS_MAX];
	size_t count;
};

/* Adds a finding; the detail is a format. */
void doctor_says(struct doctor *doctor, enum finding_state state,
    const char *check, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* All that has to do with the database. Needs the settings. */
void doctor_database(struct doctor *doctor);

#endif
