package sandbox

import (
	"fmt"
	"time"
)

// china is the zone in which DingTalk's day and month begin.
var china = time.FixedZone("CST", 8*60*60)

// window is a strict sliding window: what was taken counts until span later.
type window struct {
	taken []entry // oldest first
	sum   int
}

type entry struct {
	at time.Time
	n  int
}

// take adds n at now unless the sum over the span before would exceed limit.
func (w *window) take(now time.Time, n, limit int, span time.Duration) bool {
	if limit == none {
		return true
	}
	if w.within(now, span)+n > limit {
		return false
	}
	w.add(now, n)
	return true
}

// within is what still counts at now.
func (w *window) within(now time.Time, span time.Duration) int {
	old := 0
	for old < len(w.taken) && now.Sub(w.taken[old].at) >= span {
		w.sum -= w.taken[old].n
		old++
	}
	w.taken = w.taken[old:]
	return w.sum
}

func (w *window) add(now time.Time, n int) {
	if n > 0 {
		w.taken = append(w.taken, entry{now, n})
		w.sum += n
	}
}

// maxSeen bounds how many (employee, content) of a day an app remembers; past
// it the day is forgotten, and repeats would ring.
const maxSeen = 4_000_000

// used is what an app has used of its limits.
type used struct {
	byPath   map[string]*window
	minute   window
	day      string
	everyone int
	messages map[string]int // by employee, on day
	seen     map[sameContent]struct{}
}

// sameContent is an employee and the hash of a message's canonical JSON. That
// the whole msg counts, and the natural day in China, are guesses.
type sameContent struct {
	user    string
	content [16]byte
}

func (u *used) calls(path string) *window {
	if u.byPath == nil {
		u.byPath = map[string]*window{}
	}
	if u.byPath[path] == nil {
		u.byPath[path] = &window{}
	}
	return u.byPath[path]
}

// today begins a new day where there is one.
func (u *used) today(now time.Time) {
	if day := now.In(china).Format(time.DateOnly); day != u.day || len(u.seen) >= maxSeen {
		u.day, u.everyone, u.messages, u.seen = day, 0, map[string]int{}, map[sameContent]struct{}{}
	}
}

// quotaMonth counts the organisation's calls of a month.
type quotaMonth struct {
	month string
	calls int
}

func (q *quotaMonth) take(now time.Time, limit int) *reply {
	if month := now.In(china).Format("2006-01"); month != q.month {
		q.month, q.calls = month, 0
	}
	if q.calls >= limit {
		return quotaUsedUp(q.calls+1, limit)
	}
	q.calls++
	return nil
}

func quotaUsedUp(calls, limit int) *reply {
	return refuse(90020, fmt.Sprintf("您的企业本月api调用量已超过限制,调用量:%d次,额度:%d次,请登录开发者后台-资源管理-查看用量明细", calls, limit))
}

func throttledApp() *reply {
	return gateway("90018", "您的应用调用该接口过于频繁，超出了该接口承受的最大qps，请求被暂时禁用了")
}

// throttledAll is 90002 with its real text, which says when the throttle ends.
func throttledAll(path string, now, end time.Time) *reply {
	at, until := now.In(china).Format(time.DateTime), end.In(china).Format(time.DateTime)
	return gateway("90002", fmt.Sprintf("当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, "+
		"apiPath(%s), 从 %s 到 %s 请求总次数超过 1200 次, 限制将在 %s 结束.", path, at, at, until))
}
