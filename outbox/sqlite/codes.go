package sqlite

import (
	"crypto/sha256"
	"encoding/binary"
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
	buf := make([]byte, 0, 512) // on the stack
	for _, p := range parts {
		buf = part(buf, p)
	}
	return first8(sha256.Sum256(buf))
}

// fingerprintOf is the fingerprint of an app and a body, which is not copied to
// the heap for it.
func fingerprintOf(app string, body []byte) int64 {
	buf := make([]byte, 0, 2560)
	return first8(sha256.Sum256(part(part(buf, app), body)))
}

func part[T string | []byte](buf []byte, p T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(p))), p...)
}

func first8(sum [sha256.Size]byte) int64 {
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

// text is s as the database holds it: NULL where it is empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// null is n as the database holds it where 0 stands for nothing.
func null(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
