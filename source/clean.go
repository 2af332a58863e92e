package source

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// How long, in bytes, what senders write may be in an event.
const (
	maxTitle = 500
	maxText  = 64 << 10
	maxWord  = 100 // a status, a severity, an action, a login
	maxName  = 255 // a label's name, a repository, a ref
	maxValue = 4 << 10
	maxGroup = 1000
	maxURL   = 2048
)

const ellipsis = "…"

// line returns s as one line of valid UTF-8 without control characters, of at
// most limit bytes. What breaks a line becomes a space.
func line(s string, limit int) string {
	if !plain(s) {
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\t' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
				return ' '
			case unicode.IsControl(r):
				return -1
			}
			return r
		}, strings.ReplaceAll(s, "\r\n", "\n"))
	}
	return cut(strings.TrimSpace(s), limit)
}

// plain says whether s has only printable ASCII, which needs no cleaning.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// plainLines is plain of a text that may have several lines.
func plainLines(s string) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && s[i] != '\n' && s[i] != '\t' {
			return false
		}
	}
	return true
}

// block returns s as valid UTF-8 of at most maxText bytes, with line feeds and
// tabs as its only control characters.
func block(s string) string {
	if !plainLines(s) {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.Map(func(r rune) rune {
			switch {
			case r == '\n' || r == '\t':
				return r
			case r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
				return '\n'
			case unicode.IsControl(r):
				return -1
			}
			return r
		}, s)
	}
	return cut(strings.Trim(s, "\n"), maxText)
}

// cut shortens s to at most limit bytes, an ellipsis included, between what
// people take for characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	room, kept, state := limit-len(ellipsis), 0, -1
	for rest := s; ; {
		var char string
		char, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if kept+len(char) > room {
			break
		}
		kept += len(char)
	}
	if kept == 0 { // one endless character
		for kept = room; kept > 0 && !utf8.RuneStart(s[kept]); kept-- {
		}
	}
	return s[:kept] + ellipsis
}

// tags returns labels with names and values that are lines. A map that needs
// no cleaning is returned as it is.
func tags(labels map[string]string) map[string]string {
	clean := true
	for k, v := range labels {
		clean = clean && plain(k) && plain(v) && len(k) <= maxName && len(v) <= maxValue
	}
	if clean {
		return labels
	}
	out := make(map[string]string, len(labels))
	for k, v := range labels {
		out[line(k, maxName)] = line(v, maxValue)
	}
	return out
}

// group returns a group key as it can be kept: one that is too long ends in
// its digest.
func group(s string) string {
	if len(s) > maxGroup {
		return line(s, maxGroup-40) + digest(s)
	}
	return line(s, maxGroup)
}

// link returns s if it is an absolute http or https URL that a person can
// open, else "".
func link(s string) string {
	if len(s) > maxURL || !strings.HasPrefix(s, "http") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	return u.String()
}

// digest identifies a sequence of parts in 32 hexadecimal digits (half of
// their SHA-256): no two sequences are joined alike.
func digest(parts ...string) string {
	var buf [512]byte
	b := buf[:0]
	for _, part := range parts {
		b = appendPart(b, part)
	}
	return sum(b)
}

// appendPart appends a part and, before it, its length.
func appendPart(b []byte, part string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

func sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
