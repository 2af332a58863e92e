package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
)

var china = time.FixedZone("UTC+8", 8*60*60)

func testAllowance() allowance {
	return allowance{app: "ops", limits: withDefaults(config.Limits{}), zone: china, callTime: 10 * time.Second}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation(time.DateTime, text, china)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	shared := func(recipients int, month string, until time.Time) []outbox.Quota {
		return []outbox.Quota{
			{Key: "ops/calls/asyncsend_v2", N: 1, Limit: 20, Window: time.Second, Call: true},
			{Key: "ops/recipients", N: recipients, Limit: 5000, Window: time.Minute},
			{Key: "calls/" + month, N: 1, Until: until, Call: true},
		}
	}
	noon, late := at(t, "2026-11-22 12:00:00"), at(t, "2026-11-30 23:59:50")
	day22, december := at(t, "2026-11-23 00:00:05"), at(t, "2026-12-01 00:00:05")
	day1, january := at(t, "2026-12-02 00:00:05"), at(t, "2027-01-01 00:00:05")
	for name, c := range map[string]struct {
		to     message.Recipients
		now    time.Time
		before []outbox.Attempt
		want   []outbox.Quota
	}{
		"two users, one twice": {message.Recipients{Users: []string{"u2", "u1", "u2"}}, noon, nil, append([]outbox.Quota{
			{Key: "ops/user/u1/2026-11-22", N: 1, Limit: 500, Until: day22},
			{Key: "ops/user/u2/2026-11-22", N: 1, Limit: 500, Until: day22},
		}, shared(3, "2026-11", december)...)},
		"just before midnight counts against both days": {message.Recipients{Users: []string{"u1"}}, late, nil, append([]outbox.Quota{
			{Key: "ops/user/u1/2026-11-30", N: 1, Limit: 500, Until: december},
			{Key: "ops/user/u1/2026-12-01", N: 1, Limit: 500, Until: day1},
		}, shared(1, "2026-11", december)...)},
		"just after midnight too": {message.Recipients{Everyone: true}, at(t, "2026-12-01 00:00:04"), nil, append([]outbox.Quota{
			{Key: "ops/everyone/2026-11-30", N: 1, Limit: 3, Until: december},
			{Key: "ops/everyone/2026-12-01", N: 1, Limit: 3, Until: day1},
		}, shared(5000, "2026-12", january)...)},
		"departments": {message.Recipients{Depts: []message.Dept{{ID: 1, Size: 70}, {ID: 2, Size: 30}}}, noon, nil,
			shared(100, "2026-11", december)},
		"a department of unknown size takes the whole minute": {message.Recipients{Depts: []message.Dept{{ID: 1}}}, noon, nil,
			shared(5000, "2026-11", december)},
		"more than a minute allows is asked for as a whole minute": {message.Recipients{Depts: []message.Dept{{ID: 1, Size: 7000}}}, noon, nil,
			shared(5000, "2026-11", december)},
		"an unknown outcome of the same day has taken the day's": {message.Recipients{Users: []string{"u1"}}, noon,
			[]outbox.Attempt{{Outcome: outbox.Unknown, Began: noon.Add(-time.Hour)}}, shared(1, "2026-11", december)},
		"a rejected one has not": {message.Recipients{Users: []string{"u1"}}, noon,
			[]outbox.Attempt{{Outcome: outbox.Rejected, Began: noon.Add(-time.Hour)}}, append([]outbox.Quota{
				{Key: "ops/user/u1/2026-11-22", N: 1, Limit: 500, Until: day22}}, shared(1, "2026-11", december)...)},
		"nor one of yesterday": {message.Recipients{Users: []string{"u1"}}, noon,
			[]outbox.Attempt{{Outcome: outbox.Unknown, Began: noon.Add(-13 * time.Hour)}}, append([]outbox.Quota{
				{Key: "ops/user/u1/2026-11-22", N: 1, Limit: 500, Until: day22}}, shared(1, "2026-11", december)...)},
		"nor, for sure, one that began while yesterday may have counted": {message.Recipients{Users: []string{"u1"}}, late,
			[]outbox.Attempt{{Outcome: outbox.Unknown, Began: at(t, "2026-11-30 23:59:46")}}, append([]outbox.Quota{
				{Key: "ops/user/u1/2026-12-01", N: 1, Limit: 500, Until: day1}}, shared(1, "2026-11", december)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := quotas(testAllowance().needs(c.to, c.now, c.before))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMonthKeyIsOfTheZone(t *testing.T) {
	t.Parallel()
	utc := time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC) // midnight in China
	if got := outbox.MonthKey(utc, china); got != "calls/2026-12" {
		t.Errorf("MonthKey = %s, want calls/2026-12", got)
	}
	if got := outbox.MonthKey(utc.Add(-time.Millisecond), china); got != "calls/2026-11" {
		t.Errorf("MonthKey a moment before = %s, want calls/2026-11", got)
	}
}

func TestMidnightWhereClocksChange(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	a := testAllowance()
	a.zone = zone
	got := a.midnightAfter(time.Date(2026, 10, 25, 0, 30, 0, 0, zone)) // 25 hours long
	if want := time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("midnight = %v, want %v", got, want)
	}
}
