package message

import (
	"strings"
	"unicode/utf8"
)

// Separators of the markers that Row and Button return. Clean removes them
// from everything else, so no text of an event can pretend to be one.
const (
	markRow    = '\x1e'
	markButton = '\x1d'
	markPart   = '\x1f'
	markEnd    = '\x1c'
)

// Clean returns s as it may stand in a message: valid UTF-8 without control
// characters, U+2028 and U+2029, whose JSON escapes DingTalk refuses (error
// 40033). Line ends become \n, tabs become spaces. A backslash before "u" and
// four hex digits, which would look like such an escape, becomes full-width.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\r':
			if !strings.HasPrefix(s[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case r == '\t':
			b.WriteByte(' ')
		case r == '\\' && looksEscaped(s[i:]):
			b.WriteRune('＼')
		case r == '\n' || !removed(r):
			b.WriteRune(r) // U+FFFD for each invalid byte
		}
	}
	if s = b.String(); hasEscape(s) {
		return Clean(s) // what was removed stood between a backslash and its u
	}
	return s
}

func hasEscape(s string) bool {
	for i := strings.IndexByte(s, '\\'); i >= 0; {
		if looksEscaped(s[i:]) {
			return true
		}
		next := strings.IndexByte(s[i+1:], '\\')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func isClean(s string) bool {
	for i := 0; i < len(s); i++ {
		if alwaysClean[s[i]] {
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if removed(r) || r == utf8.RuneError || r == '\\' && looksEscaped(s[i:]) {
			return false
		}
		i += n - 1
	}
	return true
}

// alwaysClean says which bytes are clean whatever follows: most of a text.
var alwaysClean = func() (is [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		is[c] = c == '\n' || c != '\\' && !removed(c)
	}
	return is
}()

func removed(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029'
}

// looksEscaped says whether s begins like a JSON escape: \u and four hex digits.
func looksEscaped(s string) bool {
	if len(s) < 6 || s[1] != 'u' {
		return false
	}
	for _, c := range []byte(s[2:6]) {
		if !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// line returns s cleaned, on one line, without spaces around it.
func line(s string) string {
	s = Clean(s)
	if strings.ContainsRune(s, '\n') {
		s = strings.Join(strings.Fields(s), " ")
	}
	return strings.TrimSpace(s)
}

// lines returns s cleaned, without spaces at the ends of lines and with one
// empty line at most between others. In markdown a line end inside a paragraph
// gets the two spaces before it without which DingTalk joins the lines
// ("Message types and examples": two spaces before and after are recommended).
func lines(s string, markdown bool) string {
	s = strings.TrimSpace(Clean(s))
	if !strings.ContainsRune(s, '\n') {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 32)
	blank, fenced := false, false
	for l := range strings.SplitSeq(s, "\n") {
		l = strings.TrimRight(l, " \u00a0")
		switch {
		case b.Len() == 0: // the first: s begins with text
		case l == "" && !fenced:
			blank = true
			continue
		case blank:
			b.WriteString("\n\n")
		case markdown && !fenced:
			b.WriteString("  \n")
		default:
			b.WriteByte('\n')
		}
		blank = false
		b.WriteString(l)
		if markdown && strings.HasPrefix(l, "```") {
			fenced = !fenced
		}
	}
	return b.String()
}
