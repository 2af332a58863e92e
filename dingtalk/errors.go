package dingtalk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Action says what to do about an Error.
type Action string

// The actions. Only Retry, GiveUp, BadRecipient and Tomorrow are about the
// message at hand; the others concern every message of the app, and no message
// can be blamed for them.
const (
	// RenewToken: the token was refused and has been dropped; calling again at
	// once fetches a new one. If the call after that is refused again, pause.
	RenewToken Action = "renew_token"
	// SlowDown: DingTalk throttles; no call of this app before RetryAfter.
	SlowDown Action = "slow_down"
	// Unavailable: DingTalk cannot be reached, or what answers is not in order
	// (HTTP 5xx, a cut connection, an unreadable answer).
	Unavailable Action = "unavailable"
	// Retry: DingTalk failed on this call, perhaps because of this message;
	// the same bytes again, a bounded number of times.
	Retry Action = "retry"
	// GiveUp: DingTalk will never take this message.
	GiveUp Action = "give_up"
	// BadRecipient: somebody among the recipients is unknown to DingTalk or
	// outside the app's scope; without them it may be taken.
	BadRecipient Action = "bad_recipient"
	// Tomorrow: a limit of this message's recipients is used up until the next
	// day of DingTalk; other messages may be taken.
	Tomorrow Action = "tomorrow"
	// Misconfigured: credentials, permissions or addresses are wrong; a person
	// has to act, and then the same call succeeds.
	Misconfigured Action = "misconfigured"
	// QuotaUsedUp: the organisation's calls of this month are used up (90020).
	QuotaUsedUp Action = "quota_used_up"
)

// Outcome says what is known of a call that failed. Its values are those of an
// attempt in the history.
type Outcome string

// The outcomes.
const (
	// Rejected: DingTalk said no, the message was certainly not taken.
	Rejected Outcome = "rejected"
	// Unsent: the call never reached DingTalk, the message was certainly not
	// taken.
	Unsent Outcome = "unsent"
	// Unknown: no answer that can be relied upon; the message may have been
	// taken. The same bytes may be sent again: DingTalk shows them once a day.
	Unknown Outcome = "unknown"
)

// Error is a call that failed. Every error of Client's methods is one.
type Error struct {
	Doing string // what was being done: "sending a work notification"
	// Code is DingTalk's errcode as text, empty where there is none, and
	// SubCode the code behind a gateway's 88 or 15.
	Code, SubCode string
	// Message is what DingTalk or the network said, at most 500 bytes, without
	// tokens or secrets. For people only: DingTalk changes its wording.
	Message    string
	RequestID  string // DingTalk's, for its support
	HTTPStatus int    // 0 where no answer came
	Action     Action
	Outcome    Outcome
	// RetryAfter is how long to wait before the app's, or with Retry and
	// Tomorrow this message's, next call; 0: the caller's own back-off.
	RetryAfter time.Duration

	cause error // the caller's context error, or nil
}

// Error says what was being done, what came back, and what it means.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Doing + ": ")
	if code := e.FullCode(); code != "" {
		fmt.Fprintf(&b, "DingTalk answered %s", code)
		if words := Words(cmp.Or(e.SubCode, e.Code)); words != "" {
			fmt.Fprintf(&b, " (%s)", words)
		}
		if e.Message != "" {
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Message)
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request_id %s]", e.RequestID)
	}
	return b.String()
}

// FullCode is the code with its sub-code, "88/40014", or "" where DingTalk gave
// none.
func (e *Error) FullCode() string {
	if e.SubCode == "" {
		return e.Code
	}
	return e.Code + "/" + e.SubCode
}

// HasCode says whether one of the codes is its errcode or its sub_code.
func (e *Error) HasCode(codes ...string) bool {
	return slices.ContainsFunc(codes, func(code string) bool { return code != "" && (code == e.Code || code == e.SubCode) })
}

// HasCode says whether err is an *Error with one of DingTalk's codes.
func HasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.HasCode(codes...)
}

// NoPermission says whether DingTalk refused a call because the app lacks the
// permission for that API, which a person has to apply for.
func NoPermission(err error) bool { return HasCode(err, "60011", "48002") }

// Unwrap returns the context's error where the caller gave up, else nil.
func (e *Error) Unwrap() error { return e.cause }
