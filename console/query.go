package console

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// How much a page of the list shows, and how much it looks at for what the store
// cannot find: so many at a time, until it has looked at most of them or for that
// long. Then the page says how far it came, and where to go on.
const (
	perPage = 50
	perLook = 200
	maxLook = 5000
	lookFor = 20 * time.Millisecond
)

// query is what the list's address asks for.
type query struct {
	State, Source, Rule, Group string
	Text                       string // in the title, of the delivery or of the event
	Person                     string // among the recipients, by id or as people in rules.yaml names them
	From, Until                time.Time
	Before                     int64

	values url.Values
	ids    message.Recipients // all that Person may be among recipients
}

// row is a delivery of the list with what is shown of its event.
type row struct {
	outbox.Delivery
	Source, Title, Status, Severity, GroupKey string
}

// Word is the event's status where its title does not tell it.
func (r row) Word() string {
	if strings.Contains(r.Title, r.Status) {
		return ""
	}
	return r.Status
}

// stateGroups stand for several states in the filter.
var stateGroups = map[string][]outbox.State{
	"trouble": {outbox.Partial, outbox.Failed, outbox.Refused, outbox.Dead, outbox.Expired},
	"done":    {outbox.Sent, outbox.Delivered},
}

const dateTime = "2006-01-02T15:04" // of <input type="datetime-local">

// parse reads the address. What is not understood is left out: the form shows
// what is in force.
func parse(v url.Values, zone *time.Location) query {
	q := query{State: v.Get("state"), Source: v.Get("source"), Rule: v.Get("rule"), Group: v.Get("group"),
		Text: strings.TrimSpace(v.Get("q")), Person: strings.TrimSpace(v.Get("person")), values: url.Values{}}
	if stateGroups[q.State] == nil && !slices.Contains(outbox.States, outbox.State(q.State)) {
		q.State = ""
	}
	q.ids = message.Recipients{Users: []string{q.Person}, Mobiles: []string{q.Person}}
	q.From, _ = time.ParseInLocation(dateTime, v.Get("from"), zone)
	q.Until, _ = time.ParseInLocation(dateTime, v.Get("until"), zone)
	q.Before, _ = strconv.ParseInt(v.Get("before"), 10, 64)
	for _, key := range []string{"state", "source", "rule", "group", "q", "person", "from", "until"} {
		if s := v.Get(key); s != "" {
			q.values.Set(key, s)
		}
	}
	return q
}

// Older is the address of the next page.
func (q query) Older(before int64) string {
	v := url.Values{"before": {strconv.FormatInt(before, 10)}}
	for key, values := range q.values {
		v[key] = values
	}
	return "/?" + v.Encode()
}

// Address is that of the first page.
func (q query) Address() string { return strings.TrimSuffix("/?"+q.values.Encode(), "?") }

// Filtered says whether anything is filtered.
func (q query) Filtered() bool { return len(q.values) > 0 }

// More says whether filters are set that stand below the fold.
func (q query) More() bool {
	return q.Source+q.Rule+q.Group+q.Person != "" || !q.From.IsZero() || !q.Until.IsZero()
}

// Local is a time as the form's field writes it.
func (q query) Local(key string) string { return q.values.Get(key) }

func (q query) filter() outbox.Filter {
	f := outbox.Filter{Source: q.Source, Rule: q.Rule, GroupKey: q.Group, Before: q.Before, Limit: perPage + 1}
	if q.slow() {
		f.Limit = perLook
	}
	if q.State != "" {
		f.States = stateGroups[q.State]
		if f.States == nil {
			f.States = []outbox.State{outbox.State(q.State)}
		}
	}
	return f
}

// slow says whether the store cannot find what is asked for, so that rows are
// looked at one by one.
func (q query) slow() bool { return q.Text != "" || q.Person != "" }

// listing is a page of the list.
type listing struct {
	Rows []row
	Next int64     // before which the next page begins; 0: there is none
	Back time.Time // until when it was looked; zero: the store found the rows

	last   outbox.Delivery // that was looked at
	looked int
	known  map[int64]outbox.Event
}

// list finds the newest deliveries that q asks for: a page full, or as many as
// there are among those that it looks at.
func (c *Console) list(ctx context.Context, q query) (listing, error) {
	l := listing{known: map[int64]outbox.Event{}}
	f := q.filter()
	if !q.Until.IsZero() {
		at, err := c.firstAfter(ctx, q.Until)
		if err != nil {
			return l, err
		}
		if at != 0 && (f.Before == 0 || at < f.Before) {
			f.Before = at
		}
	}
	for began := time.Now(); ; f.Before = l.last.ID {
		page, err := c.Store.List(ctx, f)
		if err != nil {
			return l, err
		}
		end, err := c.sift(ctx, q, page, &l)
		switch {
		case err != nil:
			return l, err
		case end:
			return l, nil
		case !q.slow() || len(l.Rows) == perPage || l.looked >= c.most || time.Since(began) >= lookFor:
			l.Next = l.last.ID
			if q.slow() {
				l.Back = l.last.Created
			}
			return l, nil
		}
	}
}

// sift adds to l what q asks for of a page of the store's, until it is full. It
// says whether nothing can follow.
func (c *Console) sift(ctx context.Context, q query, page []outbox.Delivery, l *listing) (end bool, err error) {
	full := len(page) < q.filter().Limit
	if !full && !q.slow() {
		page = page[:perPage] // the one more tells that there is more
	}
	if err := c.learn(ctx, page, l.known); err != nil {
		return false, err
	}
	for _, d := range page {
		switch {
		case d.Created.Before(q.From): // and so is what follows
			return true, nil
		case len(l.Rows) == perPage:
			return false, nil
		}
		r, err := c.row(ctx, d, l.known)
		if err != nil {
			return false, err
		}
		l.looked, l.last = l.looked+1, d
		if q.matches(&r) {
			l.Rows = append(l.Rows, r)
		}
	}
	return full, nil
}

func (q query) matches(r *row) bool {
	text := strings.ToLower(q.Text)
	if text != "" && !strings.Contains(strings.ToLower(r.Title+"\x00"+r.GroupKey+"\x00"+r.Rule+"\x00"+r.Reason), text) {
		return false
	}
	if q.Person == "" {
		return true
	}
	return reaches(r.To, q.ids) || slices.ContainsFunc(r.To.Users, func(u string) bool { return strings.EqualFold(u, q.Person) })
}

// maxLearnt is how many events in a row are read for those of a page.
const maxLearnt = 500

// learn adds to known the events of a page, but for those that are far from the
// others: of a resend, say.
func (c *Console) learn(ctx context.Context, page []outbox.Delivery, known map[int64]outbox.Event) error {
	if len(page) == 0 {
		return nil
	}
	newest, oldest := page[0].Event, page[0].Event
	for _, d := range page {
		newest, oldest = max(newest, d.Event), min(oldest, d.Event)
	}
	events, err := c.Store.Events(ctx, outbox.EventFilter{Before: newest + 1, After: oldest - 1, Limit: maxLearnt})
	for _, e := range events {
		known[e.ID] = e
	}
	return err
}

// row adds to d what is shown of its event; known are those met before.
func (c *Console) row(ctx context.Context, d outbox.Delivery, known map[int64]outbox.Event) (row, error) {
	e, ok := known[d.Event]
	if !ok {
		var err error
		if e, err = c.Store.Event(ctx, d.Event); err != nil && !errors.Is(err, outbox.ErrNotFound) {
			return row{}, err
		}
		e.Payload, e.Headers = nil, nil
		known[d.Event] = e
	}
	return row{d, e.Source, e.Title, e.Status, e.Severity, e.GroupKey}, nil
}

// firstAfter returns the id of the first delivery that was made after t, by
// halving: ids ascend with time. 0: there is none.
func (c *Console) firstAfter(ctx context.Context, t time.Time) (int64, error) {
	newest, err := c.Store.List(ctx, outbox.Filter{Limit: 1})
	if err != nil || len(newest) == 0 || !newest[0].Created.After(t) {
		return 0, err
	}
	lo, hi := int64(0), newest[0].ID // made by then, or there is none; made after
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		at, err := c.Store.List(ctx, outbox.Filter{Before: mid + 1, Limit: 1}) // the newest up to mid
		switch {
		case err != nil:
			return 0, err
		case len(at) == 0 || !at[0].Created.After(t):
			lo = mid
		default:
			hi = at[0].ID
		}
	}
	return hi, nil
}
