package outbox

import (
	"fmt"
	"regexp"
	"time"

	"workbell/message"
)

// Repeat says what to do with a message whose content an app has already sent
// on the same day: DingTalk shows an employee the same content once a day
// (asyncsend_v2, rate limit), and drops it silently after that.
type Repeat string

// The two ways, as rules.yaml names them; and the empty one, that it goes as it
// is, for people whom the same content has not reached.
const (
	Distinct Repeat = "distinct" // append a mark to its text
	Suppress Repeat = "suppress" // keep it as Suppressed
)

// Mark returns what is appended to the n-th message of a day with the same
// content: " #2 · 14:32", in the zone where DingTalk's day begins.
func Mark(n int, at time.Time, zone *time.Location) string {
	return fmt.Sprintf(" #%d · %s", n, at.In(zone).Format("15:04"))
}

var marked = regexp.MustCompile(`( #[0-9]{1,6} · [0-9]{2}:[0-9]{2})+$`)

// Unmark returns body without the marks that Again has appended to its text, so
// that it can be told from others of a day anew.
func Unmark(body []byte) []byte { return message.Strip(body, marked) }

// MarkRoom is how many bytes fitting leaves free in a message for Mark, with n
// up to 999,999.
const MarkRoom = len(" #999999 · 14:32")

// Again returns the bytes and the state of the n-th message with m's content
// on a day: as rendered for the first, and without Repeat; marked, or Suppressed as m.Repeat says,
// after that. A message without text to mark (image, file, voice) goes as it is:
// DingTalk drops it for those who have it, and shows it to the others.
func Again(m Message, n int, at time.Time, zone *time.Location) ([]byte, State) {
	if n <= 1 || m.Repeat == "" {
		return m.Body, Queued
	}
	if m.Repeat == Suppress {
		return m.Body, Suppressed
	}
	body, _ := message.Append(m.Body, Mark(n, at, zone))
	return body, Queued
}

// Remark returns body with the mark of the n-th message of its content in place
// of any that it has: DingTalk then takes it for another content. One without
// text to mark is returned as it is.
func Remark(body []byte, n int, at time.Time, zone *time.Location) []byte {
	again, _ := message.Append(Unmark(body), Mark(n, at, zone))
	return again
}
