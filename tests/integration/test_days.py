"""An application's days: time zone and start of the day, now and in the past."""

import itertools
import unittest

from apps import OneApp

LIMIT = {"times": 1, "per": "day"}


class Days(OneApp):
    """PUT /application, and what rules make of it."""

    def set(self, app, **members):
        return self.assert_json(app.put("/application", members))

    def gives(self, app, user, *times):
        """The number of awards of each event."""
        return [len(app.event(user, "review", timestamp=time)["awards"])
                for time in times]

    def limited(self, zone, **settings):
        app = self.app()
        self.set(app, timeZone=zone, **settings)
        app.rule(limit=LIMIT)
        return app

    def verified(self, app):
        rc, out, err, _ = self.stack.ctl("verify", "--app", app.name,
                                         as_json=False)
        self.assertEqual(rc, 0, out + err)

    def test_put_answers_what_get_does(self):
        app = self.app()
        before = app.get("/application")
        self.assertEqual((before.json["timeZone"], before.json["dayStart"]),
                         ("UTC", "00:00"))
        put = app.put("/application", {
            "timeZone": "Europe/Zurich", "dayStart": "23:59",
            "description": "Läden"})
        self.assert_status(put, 200)
        after = app.get("/application")
        self.assertEqual(put.json, after.json)
        self.assertEqual(put.header("etag"), after.header("etag"))
        self.assertNotEqual(before.header("etag"), after.header("etag"))
        self.assertEqual(after.json, dict(
            before.json, timeZone="Europe/Zurich", dayStart="23:59",
            description="Läden", updatedAt=after.json["updatedAt"]))
        again = app.put("/application", after.json)
        self.assertEqual(again.json, after.json)
        shown = self.stack.ctl("app", "show", app.name)[3]
        self.assertEqual((shown["timeZone"], shown["dayStart"]),
                         ("Europe/Zurich", "23:59"))

    def test_preconditions_and_keys(self):
        app = self.app()
        tag = app.get("/application").header("etag")
        body = {"timeZone": "Asia/Tokyo"}
        self.assert_problem(app.put("/application", body, headers={
            "If-Match": '"other"'}), 412, "precondition_failed")
        self.assert_problem(app.put("/application", body, key=app.publishable),
                            403, "key_forbidden")
        self.assertEqual(app.get("/application").json["timeZone"], "UTC")
        self.assert_status(app.put("/application", body, headers={
            "If-Match": tag}), 200)
        self.assert_problem(app.put("/application", body, headers={
            "If-Match": tag}), 412, "precondition_failed")

    def test_bad_bodies_change_nothing(self):
        app = self.app()
        before = app.get("/application").json
        for body, faults in (
                ({}, {"/timeZone": "required"}),
                ({"timeZone": None}, {"/timeZone": "required"}),
                ({"timeZone": 1}, {"/timeZone": "invalid_type"}),
                ({"timeZone": ""}, {"/timeZone": "too_short"}),
                ({"timeZone": "Mars/Base"}, {"/timeZone": "invalid_value"}),
                ({"timeZone": "../etc/passwd"},
                 {"/timeZone": "invalid_value"}),
                ({"timeZone": "UTC", "dayStart": 4},
                 {"/dayStart": "invalid_type"}),
                ({"timeZone": "UTC", "dayStart": "4:00"},
                 {"/dayStart": "invalid_format"}),
                ({"timeZone": "UTC", "dayStart": "24:00"},
                 {"/dayStart": "invalid_format"}),
                ({"timeZone": "UTC", "dayStart": "04:60"},
                 {"/dayStart": "invalid_format"}),
                ({"timeZone": "UTC", "name": "other"},
                 {"/name": "name_mismatch"}),
                ({"timeZone": "UTC", "description": "x" * 1001},
                 {"/description": "too_long"}),
                ({"timeZone": "UTC", "dayStrat": "04:00"},
                 {"/dayStrat": "unknown_member"}),
                ({"timeZone": "UTC", "appKey": app.key + 1},
                 {"/appKey": "other_application"})):
            self.assert_invalid(app.put("/application", body), faults)
        self.assertEqual(app.get("/application").json, before)

    def test_w4_a_day_of_shanghai(self):
        app = self.limited("Asia/Shanghai")
        times = ("2026-08-10T15:59:59Z", "2026-08-10T16:00:00Z",
                 "2026-08-10T17:00:00Z")
        self.assertEqual(self.gives(app, "u", *times), [1, 1, 0])
        self.verified(app)

    def restart(self, **env):
        """Start palmaresd anew, with this in its environment."""
        self.stack.daemon_env = env
        self.assertEqual(self.stack.daemon.stop(), 0)
        self.stack.start_daemon()
        for pid in self.stack.worker_pids() if env else ():
            with open("/proc/%d/environ" % pid, encoding="utf-8") as f:
                self.assertIn("TZ=" + env["TZ"], f.read().split("\0"))

    def test_the_zone_of_the_process_never_matters(self):
        """W4 and S1; the days after a restart are those of before."""
        users = map("u-{}".format, itertools.count())
        east = self.limited("Asia/Shanghai")
        west = self.app()
        self.set(west, timeZone="America/New_York")
        west.rule(streak={"unit": "day", "length": 2})
        self.addCleanup(self.restart)
        for zone in ("America/New_York", "UTC", "Pacific/Kiritimati"):
            before, user = next(users), next(users)
            with self.subTest(zone):
                self.assertEqual(self.gives(
                    east, before, "2026-08-10T15:59:59Z",
                    "2026-08-10T16:00:00Z"), [1, 1])
                self.restart(TZ=zone)
                self.assertEqual(self.gives(
                    east, before, "2026-08-10T17:00:00Z",
                    "2026-08-10T15:00:00Z"), [0, 0])
                self.assertEqual(self.gives(
                    east, user, "2026-08-10T15:59:59Z",
                    "2026-08-10T16:00:00Z", "2026-08-10T17:00:00Z"),
                    [1, 1, 0])
                self.assertEqual(self.gives(
                    west, user, "2026-02-05T12:00:00-05:00",
                    "2026-02-06T22:26:00-05:00"), [0, 1])
                self.verified(east)
                self.verified(west)

    def test_s5_days_from_four(self):
        app = self.limited("America/Los_Angeles", dayStart="04:00")
        app.rule(streak={"unit": "day", "length": 2})
        self.assertEqual(
            self.gives(app, "u", "2026-05-19T20:00:00-07:00",
                       "2026-05-20T03:59:59-07:00",
                       "2026-05-21T00:30:00-07:00"), [1, 0, 2])
        self.verified(app)

    def test_s15_another_zone_re_keys_nothing(self):
        app = self.app()
        self.set(app, timeZone="America/New_York")
        app.rule(streak={"unit": "day", "length": 2})
        # 20:00 of the 9th in New York; in Berlin it is the 10th.
        self.assertEqual(self.gives(app, "u", "2026-03-10T00:00:00Z"), [0])
        self.set(app, timeZone="Europe/Berlin")
        # 23:30 of the 10th in Berlin: the day after the 9th.
        self.assertEqual(self.gives(app, "u", "2026-03-10T22:30:00Z"), [1])
        self.verified(app)

    def test_verify_folds_each_event_by_its_own_days(self):
        app = self.limited("Pacific/Auckland")
        for zone, start in (("UTC", "00:00"), ("America/New_York", "05:00"),
                            ("UTC", "00:00"), ("Asia/Kolkata", "12:00")):
            self.gives(app, "u", "2026-03-10T00:00:00Z",
                       "2026-03-10T11:00:00Z", "2026-03-10T23:00:00Z")
            self.set(app, timeZone=zone, dayStart=start)
        self.gives(app, "u", "2026-03-11T00:00:00Z")
        self.verified(app)
        before = app.get("/application").json
        self.set(app, timeZone=before["timeZone"],
                 dayStart=before["dayStart"], description="only this")
        self.assertEqual(self.stack.sql_number(
            "SELECT COUNT(*) FROM application_time WHERE application_id = %d"
            % app.id), 5)
        # Each is needed: without it verify would fold by the next one.
        self.stack.sql("UPDATE application_time SET time_zone ="
                       " 'Pacific/Kiritimati' WHERE application_id = %d"
                       " AND day_start = 5 * 3600" % app.id)
        rc, out, _, _ = self.stack.ctl("verify", "--app", app.name,
                                       as_json=False)
        self.assertEqual(rc, 1, out)
        self.stack.sql("UPDATE application_time SET time_zone ="
                       " 'America/New_York' WHERE application_id = %d"
                       " AND day_start = 5 * 3600" % app.id)


if __name__ == "__main__":
    unittest.main()
