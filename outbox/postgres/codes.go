package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"workbell/outbox"
)

// codes are the states by the numbers that the database holds. Append only.
var codes = []outbox.State{
	outbox.Queued, outbox.Sent, outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled,
	outbox.Suppressed, outbox.Superseded, outbox.Expired, outbox.Refused, outbox.Dead,
}

const queued = 0 // the schema's partial indexes say state = 0

// code returns the number of s, or -1 where there is no such state.
func code(s outbox.State) int64 {
	for i, c := range codes {
		if c == s {
			return int64(i)
		}
	}
	return -1
}

// fingerprint returns 64 bits of a SHA-256 over parts, whose borders count.
func fingerprint(parts ...string) int64 {
	buf := make([]byte, 0, 256)
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	sum := sha256.Sum256(buf)
	return int64(binary.BigEndian.Uint64(sum[:8])) // #nosec G115 -- a bit pattern
}

// millis is t as the database holds it; 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// ceil is t in milliseconds, rounded up, so that nothing ends early.
func ceil(t time.Time) int64 {
	return t.Add(time.Millisecond - 1).UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// clean is s as a column of type text can hold it. Only what nobody looks up by
// its bytes is kept so.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// never stands for the end of what has none: the last millisecond of 9999.
const never = 253402300799999

// endOfDay returns when the day of ms ends where DingTalk's day begins.
func (o *Options) endOfDay(ms int64) int64 {
	if ms >= never {
		return never
	}
	y, m, d := time.UnixMilli(ms).In(o.Zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, o.Zone).UnixMilli()
}
