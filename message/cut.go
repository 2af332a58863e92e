package message

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// jsonLength is how many bytes clean text takes in JSON, without quotes.
func jsonLength(s string) int {
	return len(s) + strings.Count(s, `"`) + strings.Count(s, `\`) + strings.Count(s, "\n")
}

// Cut returns s if it takes at most max bytes in JSON, else as much of it as
// does, with an ellipsis. It never cuts inside a character as people see it (a
// grapheme) or a URL.
func Cut(s string, max int) string { return cut(text{&s, false}, max) }

// CutMarkdown is Cut for markdown: it never cuts inside a link, an escape or a
// code span, and closes the emphasis that it cuts.
func CutMarkdown(s string, max int) string { return cut(text{&s, true}, max) }

func cut(t text, max int) string {
	s := *t.s
	if jsonLength(s) <= max {
		return s
	}
	spans := scan(s, t.markdown)
	ends, sizes := boundaries(s, max)
	for i := len(ends) - 1; i >= 0; i-- {
		tail, ok := tailAt(s, ends[i], spans)
		if ok && sizes[i]+jsonLength(tail) <= max {
			return strings.TrimRight(s[:ends[i]], " \n") + tail
		}
	}
	if max >= len(ellipsis) {
		return ellipsis
	}
	return ""
}

// boundaries returns where the graphemes of s end, and what the text up to
// there takes in JSON, as far as that is at most max.
func boundaries(s string, max int) (ends, sizes []int) {
	for at, size, state := 0, 0, -1; at < len(s); {
		var g string
		g, _, _, state = uniseg.StepString(s[at:], state)
		at += len(g)
		if size += jsonLength(g); size > max {
			break
		}
		ends, sizes = append(ends, at), append(sizes, size)
	}
	return ends, sizes
}

// tailAt returns what follows a cut at byte p; false where there must be none.
func tailAt(s string, p int, spans []span) (string, bool) {
	tail, p0 := ellipsis, len(strings.TrimRight(s[:p], " \n"))
	var closing string
	for _, sp := range spans {
		inside := sp.from < p && p < sp.to
		switch {
		case inside && sp.close == "":
			return "", false
		case inside:
			closing = closing + sp.close
		case sp.to == p0 && sp.close == "" && isURL(s[sp.from:sp.to]):
			tail = " " + ellipsis
		}
	}
	return tail + closing, true
}

func isURL(s string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(s, scheme) {
			return true
		}
	}
	return false
}

// CutRunes returns s if it has at most max characters, else as much of it as
// has with an ellipsis, cut between graphemes.
func CutRunes(s string, max int) string {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s
	}
	end, left := 0, max-1
	for state := -1; end < len(s); {
		var g string
		g, _, _, state = uniseg.StepString(s[end:], state)
		if left -= utf8.RuneCountInString(g); left < 0 {
			break
		}
		end += len(g)
	}
	return strings.TrimRight(s[:end], " \n") + ellipsis
}
