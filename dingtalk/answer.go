package dingtalk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// envelope is what every answer of the legacy API has, in all the shapes that
// documents and servers show: errcode as number or string, errmsg or
// request_id absent, the real code in sub_code, or only in the text of errmsg.
type envelope struct {
	Code      *text `json:"errcode"`
	Message   text  `json:"errmsg"`
	SubCode   text  `json:"sub_code"`
	SubMsg    text  `json:"sub_msg"`
	RequestID text  `json:"request_id"`
	Punish    text  `json:"punish"` // "deny", or
	Status    text  `json:"status"` // "1111", where an address is shut out
}

// text reads a JSON string, or any other value as it is written.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	*t = text(strings.TrimSpace(s))
	return nil
}

// readAnswer turns an answer into out, or into an Error without Doing.
func readAnswer(status int, header http.Header, body []byte, out any) *Error {
	var e envelope
	readable := json.Unmarshal(body, &e) == nil
	switch {
	case readable && (e.Punish == "deny" || e.Code == nil && e.Status == "1111"):
		return shutOut(status, "DingTalk has shut this address out for 5 minutes, for more than 10,000 calls in 20 s")
	case looksBanned(status, header, body):
		return shutOut(status, "a page in HTML came instead of an answer: DingTalk has shut this address out for 5 minutes, "+
			"for more than 10,000 calls in 20 s; or a proxy stands between")
	case readable && e.Code != nil && *e.Code != "0":
		return refusal(status, e)
	case status != http.StatusOK:
		return badStatus(status, header)
	case !readable || e.Code == nil:
		return unreadable(status, "the answer is not JSON with an errcode; is base_url DingTalk's?")
	}
	if err := json.Unmarshal(body, out); err != nil {
		return unreadable(status, "the answer is not of the documented form: "+err.Error())
	}
	return nil
}

func shutOut(status int, why string) *Error {
	return &Error{HTTPStatus: status, Action: SlowDown, Outcome: Rejected, RetryAfter: banned, Message: why}
}

// notBanned are the statuses under 500 whose pages come from a web server or a
// proxy on its own account. Under which status DingTalk shuts an address out is
// not documented.
var notBanned = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusProxyAuthRequired,
	http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusTooManyRequests}

// looksBanned recognises the HTML page that stands in for an answer while an
// address is shut out.
func looksBanned(status int, header http.Header, body []byte) bool {
	if status >= 500 || status/100 == 3 || slices.Contains(notBanned, status) {
		return false
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

var (
	subCode = regexp.MustCompile(`subcode=(\d+)`)
	endsAt  = regexp.MustCompile(`限制将在\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)`)
	china   = time.FixedZone("CST", 8*60*60) // the zone of the times in DingTalk's texts
)

// refusal is an errcode other than 0. The code that counts is, in this order:
// sub_code, the subcode in errmsg, errcode.
func refusal(status int, e envelope) *Error {
	r := &Error{Code: string(*e.Code), RequestID: string(e.RequestID), HTTPStatus: status, Outcome: Rejected,
		Message: string(cmp.Or(e.SubMsg, e.Message))}
	if _, err := strconv.Atoi(string(e.SubCode)); err == nil { // not "isp.-1", which tells less than its 15
		r.SubCode = string(e.SubCode)
	} else if m := subCode.FindStringSubmatch(string(e.Message)); m != nil {
		r.SubCode = m[1]
	}
	said := string(e.Message + " " + e.SubMsg)
	m := meaningOf(cmp.Or(r.SubCode, r.Code), said)
	r.Action, r.RetryAfter = m.action, m.wait
	if m.maybe {
		r.Outcome = Unknown
	}
	if m.action == SlowDown {
		r.RetryAfter = untilSaid(said, m.wait, time.Now())
	}
	return r
}

// untilSaid returns how long a throttle lasts by its own text, at least atLeast
// and at most five minutes.
func untilSaid(said string, atLeast time.Duration, now time.Time) time.Duration {
	m := endsAt.FindStringSubmatch(said)
	if m == nil {
		return atLeast
	}
	end, err := time.ParseInLocation(time.DateTime, m[1], china)
	if err != nil {
		return atLeast
	}
	return min(max(end.Sub(now), atLeast), banned)
}

// badStatus is an HTTP status other than 200 without an errcode: not the API,
// which answers 200 to everything, but what stands before it.
func badStatus(status int, header http.Header) *Error {
	e := &Error{HTTPStatus: status, Message: fmt.Sprintf("the answer is HTTP %d %s", status, http.StatusText(status))}
	switch {
	case status == http.StatusTooManyRequests:
		e.Action, e.Outcome, e.RetryAfter = SlowDown, Rejected, retryAfter(header, second)
	case status >= 500, status == http.StatusRequestTimeout:
		e.Action, e.Outcome, e.RetryAfter = Unavailable, Unknown, retryAfter(header, 0)
	case status == http.StatusRequestEntityTooLarge, status == http.StatusRequestURITooLong:
		e.Action, e.Outcome = GiveUp, Rejected
	case status/100 == 2:
		e.Action, e.Outcome = Unavailable, Unknown
	default: // redirects too: they are not followed, since the token is in the URL
		e.Action, e.Outcome, e.RetryAfter = Misconfigured, Rejected, repair
		e.Message += "; check base_url and the proxy"
	}
	return e
}

// retryAfter reads Retry-After, in seconds or as a date, at least atLeast and at
// most five minutes.
func retryAfter(header http.Header, atLeast time.Duration) time.Duration {
	said := header.Get("Retry-After")
	if s, err := strconv.Atoi(said); err == nil {
		return max(time.Duration(min(s, int(banned/second)))*second, atLeast)
	}
	if at, err := http.ParseTime(said); err == nil {
		return min(max(time.Until(at), atLeast), banned)
	}
	return atLeast
}

func unreadable(status int, why string) *Error {
	return &Error{HTTPStatus: status, Action: Unavailable, Outcome: Unknown, Message: why}
}
