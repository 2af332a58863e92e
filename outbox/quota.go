package outbox

import "time"

// Keys of quotas that several packages count under.

// CallsKey names the quota of calls a second of one API method, named by the
// last element of its path.
func CallsKey(app, method string) string { return app + "/calls/" + method }

// MonthKey names the count of the organisation's calls in the month of at, in
// the zone where DingTalk's month begins. All apps share it.
func MonthKey(at time.Time, zone *time.Location) string {
	return "calls/" + at.In(zone).Format("2006-01")
}

// CallQuotas are what one call of an API method that DingTalk counts takes: of
// the second, at most perSecond for each method, and of the month, which is
// counted and not limited.
func CallQuotas(app, method string, perSecond int, at time.Time, zone *time.Location) []Quota {
	local := at.In(zone)
	month := time.Date(local.Year(), local.Month()+1, 1, 0, 0, 0, 0, zone)
	return []Quota{
		{Key: CallsKey(app, method), N: 1, Limit: perSecond, Window: time.Second, Call: true},
		{Key: MonthKey(at, zone), N: 1, Until: month.Add(ClockSlack), Call: true},
	}
}

// ClockSlack is how far DingTalk's clock and ours may be apart where a day or a
// month ends.
const ClockSlack = 5 * time.Second

// Budget is how far the month's calls have been used.
type Budget struct {
	Used  int `json:"used"`
	Limit int `json:"limit"` // calls_per_month; 0: none
}

// The shares of a month's calls, in percent, from which workbell warns, sheds
// the asking what became of deliveries, and gathers those of low priority.
const (
	WarnAt   = 80
	ShedAt   = 90
	DigestAt = 95
)

// Reached says whether that share of the month's calls is used.
func (b Budget) Reached(percent int) bool {
	return b.Limit > 0 && b.Used*100 >= b.Limit*percent
}
