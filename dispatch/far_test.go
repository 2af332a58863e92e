package dispatch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"workbell/dingtalk"
	"workbell/message"
)

var china = time.FixedZone("UTC+8", 8*60*60)

// far is DingTalk's end for tests in fake time, where sockets do not work: it
// holds every limit itself, and a call that breaks one fails the test.
type far struct {
	t       *testing.T
	latency time.Duration // half before the message is taken, half after
	limits  bounds
	// before, if it returns an error, refuses a call: nothing is taken. after
	// is asked when the message has been taken: the answer is lost.
	before, after func(n int, to message.Recipients, msg string) *dingtalk.Error

	looking time.Duration     // of a look-up
	phones  map[string]string // user ids by telephone number; "" fails
	asked   []string          // telephone numbers

	depts  map[int64]tree // departments; one that is not there may not be looked up
	hides  bool           // who is in them
	looked map[string]int // look-ups of departments, by what was asked

	mu       sync.Mutex
	calls    []time.Time // all, those refused too
	taken    []taken
	inFlight int
	most     int            // calls in flight at a time
	today    map[string]int // by user and day
	shown    map[string]int // by user, content and day
}

// tree is a department with those in it and right below it.
type tree struct {
	users []string
	below []int64
}

// members are all in a department and below it.
func (f *far) members(id int64) []string {
	all := append([]string(nil), f.depts[id].users...)
	for _, sub := range f.depts[id].below {
		all = append(all, f.members(sub)...)
	}
	return all
}

func (f *far) look(what string, id int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.looked == nil {
		f.looked = make(map[string]int)
	}
	f.looked[what]++
	if _, known := f.depts[id]; !known {
		return answer(dingtalk.Misconfigured, "88/60011")
	}
	return nil
}

func (f *far) Department(_ context.Context, id int64) (dingtalk.Department, error) {
	return dingtalk.Department{ID: id, Members: len(f.members(id))}, f.look("get", id)
}

func (f *far) DepartmentUsers(ctx context.Context, id int64) ([]string, error) {
	if !sleep(ctx, f.looking) {
		return nil, noAnswer()
	}
	if f.hides {
		return nil, f.look("listid", id)
	}
	return f.depts[id].users, f.look("listid", id)
}

func (f *far) SubDepartments(ctx context.Context, id int64) ([]int64, error) {
	if !sleep(ctx, f.looking) {
		return nil, noAnswer()
	}
	return f.depts[id].below, f.look("listsubid", id)
}

// bounds are what far allows.
type bounds struct{ perSecond, perMinute, perDay, everyone int }

// taken is a message that arrived.
type taken struct {
	at  time.Time
	to  message.Recipients
	msg string
}

func newFar(t *testing.T) *far {
	return &far{t: t, latency: 4 * time.Millisecond, limits: bounds{20, 5000, 500, 3},
		today: make(map[string]int), shown: make(map[string]int)}
}

func (f *far) Send(ctx context.Context, to message.Recipients, msg []byte) (dingtalk.Sent, error) {
	f.mu.Lock()
	f.inFlight++
	f.most = max(f.most, f.inFlight)
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.inFlight--; f.mu.Unlock() }()
	if !sleep(ctx, f.latency/2) {
		return dingtalk.Sent{}, noAnswer()
	}
	task, err := f.take(to, string(msg))
	if err != nil {
		return dingtalk.Sent{}, err
	}
	if !sleep(ctx, f.latency/2) {
		return dingtalk.Sent{}, noAnswer()
	}
	return dingtalk.Sent{TaskID: task, RequestID: "r"}, nil
}

func (f *far) UserByMobile(ctx context.Context, number string) (string, error) {
	if !sleep(ctx, f.looking) {
		return "", noAnswer()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, number)
	user, known := f.phones[number]
	switch {
	case !known:
		return "", answer(dingtalk.BadRecipient, "60121")
	case user == "":
		return "", answer(dingtalk.Misconfigured, "88/60011")
	}
	return user, nil
}

// take is what happens at the moment of arrival.
func (f *far) take(to message.Recipients, msg string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	recent := 1
	for i := len(f.calls) - 1; i >= 0 && now.Sub(f.calls[i]) < time.Second; i-- {
		recent++
	}
	if recent > f.limits.perSecond {
		f.t.Errorf("at %s: %d calls within a second", now.In(china), recent)
	}
	f.calls = append(f.calls, now)
	n := len(f.calls)
	if f.before != nil {
		if e := f.before(n, to, msg); e != nil {
			return 0, e
		}
	}
	f.count(now, to, msg)
	f.taken = append(f.taken, taken{now, to, msg})
	if f.after != nil {
		if e := f.after(n, to, msg); e != nil {
			return 0, e
		}
	}
	return int64(1e10 + n), nil
}

// count applies the limits past which DingTalk says "ok" and drops the message.
func (f *far) count(now time.Time, to message.Recipients, msg string) {
	people := to.Count()
	for i := len(f.taken) - 1; i >= 0 && now.Sub(f.taken[i].at) < time.Minute; i-- {
		people += f.taken[i].to.Count()
	}
	if people > f.limits.perMinute {
		f.t.Errorf("at %s: %d recipients within a minute", now.In(china), people)
	}
	day := now.In(china).Format(time.DateOnly)
	for _, u := range to.Users {
		if f.shown[u+msg+day]++; f.shown[u+msg+day] > 1 {
			continue // DingTalk shows the same content once a day
		}
		if f.today[u+day]++; f.today[u+day] > f.limits.perDay {
			f.t.Errorf("at %s: message %d of the day to %s", now.In(china), f.today[u+day], u)
		}
	}
	if to.Everyone {
		if f.shown[msg+day]++; f.shown[msg+day] > 1 {
			return
		}
		if f.today[day]++; f.today[day] > f.limits.everyone {
			f.t.Errorf("at %s: message %d of the day to everyone", now.In(china), f.today[day])
		}
	}
}

func (f *far) arrived() []taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]taken(nil), f.taken...)
}

func (f *far) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// The errors that dingtalk.Client gives.
func noAnswer() *dingtalk.Error {
	return &dingtalk.Error{Doing: "sending", Message: "no answer", Action: dingtalk.Unavailable, Outcome: dingtalk.Unknown}
}

func refused() *dingtalk.Error {
	return &dingtalk.Error{Doing: "sending", Message: "connection refused", Action: dingtalk.Unavailable, Outcome: dingtalk.Unsent}
}

func answer(a dingtalk.Action, code string) *dingtalk.Error {
	return &dingtalk.Error{Doing: "sending", Code: code, Message: "no", Action: a, Outcome: dingtalk.Rejected, HTTPStatus: 200}
}

func busy() *dingtalk.Error {
	e := answer(dingtalk.Retry, "-1")
	e.Outcome, e.RetryAfter = dingtalk.Unknown, time.Second
	return e
}
