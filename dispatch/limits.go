package dispatch

import (
	"cmp"
	"slices"
	"time"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
)

// The limits of an app whose configuration leaves them at zero (asyncsend_v2,
// rate limit, for an internal app).
const (
	recipientsPerMinute = message.MaxRecipients
	messagesPerDay      = 500
	callsPerSecond      = 20
	everyonePerDay      = 3
)

// Method is the API method that calls which send are counted under, those by
// template, too.
const Method = "asyncsend_v2"

// slack is how far DingTalk's clock and ours may be apart where a day ends: a
// call within it counts against both days, and a day's count is kept so long.
const slack = outbox.ClockSlack

// need is one quota of an attempt, with whom it holds back where it is used
// up: a user, all of the delivery, or (the zero value) the whole app.
type need struct {
	outbox.Quota
	user     string
	everyone bool
}

// allowance is what one app may send.
type allowance struct {
	app      string
	limits   config.Limits
	perCall  int // people that one call may reach
	zone     *time.Location
	callTime time.Duration // until a call is given up
}

// needs returns what a call for to counts against if it begins at now: named
// users first, in their order, then what all calls share, so that concurrent
// reservations meet in one order. before are the delivery's earlier attempts: a
// day's quota that one of unknown outcome has taken is not taken again, since
// DingTalk shows the same bytes once a day; else the attempts of a long outage
// would use up the day of the one who waits. It depends on its arguments alone.
func (a allowance) needs(to message.Recipients, now time.Time, before []outbox.Attempt) []need {
	var all []need
	for _, day := range a.days(now) {
		date := day.Format(time.DateOnly)
		if a.taken(date, before) {
			continue
		}
		until := a.midnightAfter(day).Add(slack)
		for _, user := range to.Users {
			all = append(all, need{user: user, Quota: outbox.Quota{
				Key: UserKey(a.app, user, date), N: 1, Limit: a.limits.MessagesPerEmployeePerDay, Until: until}})
		}
		if to.Everyone {
			all = append(all, need{everyone: true, Quota: outbox.Quota{
				Key: EveryoneKey(a.app, date), N: 1, Limit: a.limits.EveryonePerDay, Until: until}})
		}
	}
	slices.SortFunc(all, func(a, b need) int { return cmp.Compare(a.Key, b.Key) })
	all = slices.CompactFunc(all, func(a, b need) bool { return a.Key == b.Key })
	return append(all, a.shared(to, now)...)
}

// shared returns the quotas that hold back the whole app.
func (a allowance) shared(to message.Recipients, now time.Time) []need {
	calls := outbox.CallQuotas(a.app, Method, a.limits.CallsPerSecond, now, a.zone)
	return []need{
		{Quota: calls[0]},
		// A call for more people than a minute allows waits for an empty minute:
		// asking for more than the limit would never be granted.
		{Quota: outbox.Quota{Key: RecipientsKey(a.app), N: min(to.Count(), a.limits.RecipientsPerMinute),
			Limit: a.limits.RecipientsPerMinute, Window: time.Minute}},
		{Quota: calls[1]},
	}
}

// days returns the days of DingTalk on which a call that begins at now may
// arrive: two around midnight.
func (a allowance) days(now time.Time) []time.Time {
	first, last := now.Add(-slack).In(a.zone), now.Add(a.callTime+slack).In(a.zone)
	if first.YearDay() == last.YearDay() {
		return []time.Time{first}
	}
	return []time.Time{first, last}
}

// taken says whether an attempt of unknown outcome has taken the quotas of a
// day. Which days an attempt counted against was reckoned a moment before it
// began, while its delivery was leased: what is true of the whole lease is true
// of that moment.
func (a allowance) taken(date string, before []outbox.Attempt) bool {
	holds := func(day time.Time) bool { return day.Format(time.DateOnly) == date }
	for _, t := range before {
		if t.Outcome == outbox.Unknown && slices.ContainsFunc(a.days(t.Began), holds) &&
			slices.ContainsFunc(a.days(t.Began.Add(-lease)), holds) {
			return true
		}
	}
	return false
}

// midnightAfter returns when t's day ends in DingTalk's zone.
func (a allowance) midnightAfter(t time.Time) time.Time {
	t = t.In(a.zone)
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, a.zone)
}

// UserKey names the quota of messages to one employee on one day (YYYY-MM-DD).
func UserKey(app, user, date string) string { return app + "/user/" + user + "/" + date }

// EveryoneKey names the quota of messages to everyone on one day (YYYY-MM-DD).
func EveryoneKey(app, date string) string { return app + "/everyone/" + date }

// RecipientsKey names the quota of recipients a minute.
func RecipientsKey(app string) string { return app + "/recipients" }

// withDefaults fills in what is zero.
func withDefaults(l config.Limits) config.Limits {
	fill := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	fill(&l.RecipientsPerMinute, recipientsPerMinute)
	fill(&l.MessagesPerEmployeePerDay, messagesPerDay)
	fill(&l.CallsPerSecond, callsPerSecond)
	fill(&l.EveryonePerDay, everyonePerDay)
	return l
}

// quotas returns the quotas alone.
func quotas(needs []need) []outbox.Quota {
	all := make([]outbox.Quota, len(needs))
	for i, n := range needs {
		all[i] = n.Quota
	}
	return all
}
