package message

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const ellipsis = "…"

// jsonLength is how many bytes clean text takes in JSON, without quotes.
func jsonLength(s string) int {
	if len(s) == 1 {
		if s[0] == '"' || s[0] == '\\' || s[0] == '\n' {
			return 2
		}
		return 1
	}
	return len(s) + strings.Count(s, `"`) + strings.Count(s, `\`) + strings.Count(s, "\n")
}

// Cut returns s if it takes at most max bytes in JSON, else as much of it as
// does, with an ellipsis. It never cuts inside a character as people see it (a
// grapheme) or a URL.
func Cut(s string, max int) string { return cut(text{&s, false}, max) }

// cut is Cut; of markdown it never cuts inside a link, an escape or a code span
// either, and it closes the emphasis that it cuts.
func cut(t text, max int) string {
	s := *t.s
	if jsonLength(s) <= max {
		return s
	}
	if max < len(ellipsis) {
		return ""
	}
	spans := scan(s, t.markdown)
	ends, sizes := boundaries(s, max)
	for i := len(ends) - 1; i >= 0; i-- {
		tail, back := tailAt(s, ends[i], spans)
		if back < ends[i] {
			for i > 0 && ends[i-1] > back {
				i--
			}
			continue
		}
		if sizes[i]+jsonLength(tail) <= max {
			return strings.TrimRight(s[:ends[i]], " \n") + tail
		}
	}
	return ellipsis
}

// boundaries returns where the graphemes of s end, and what the text up to
// there takes in JSON, as far as that is at most max.
func boundaries(s string, max int) (ends, sizes []int) {
	ends, sizes = make([]int, 0, max+1), make([]int, 0, max+1)
	for at, size := 0, 0; at < len(s); {
		n := grapheme(s[at:])
		if size += jsonLength(s[at : at+n]); size > max {
			break
		}
		at += n
		ends, sizes = append(ends, at), append(sizes, size)
	}
	return ends, sizes
}

// grapheme is how many bytes the first grapheme of s has.
func grapheme(s string) int {
	if n := single(s); n > 0 && (n == len(s) || single(s[n:]) > 0) {
		return n
	}
	g, _, _, _ := uniseg.FirstGraphemeClusterInString(s, -1)
	return len(g)
}

// single is how many bytes the first character of s has if it joins no other
// of which this is so: ASCII (\r aside) and Han from U+4000 to U+9FFF. That is
// most text, and saves looking up properties.
func single(s string) int {
	switch c := s[0]; {
	case c < utf8.RuneSelf && c != '\r':
		return 1
	case c >= 0xe4 && c <= 0xe9 && len(s) >= 3:
		return 3
	}
	return 0
}

// tailAt returns what follows a cut at byte p, and p; where there must be no
// cut it returns where the next one before p may be.
func tailAt(s string, p int, spans []span) (tail string, back int) {
	tail, p0 := ellipsis, len(strings.TrimRight(s[:p], " \n"))
	var closing string
	for _, sp := range spans {
		inside := sp.from < p && p < sp.to
		switch {
		case inside && sp.close == "":
			return "", sp.from
		case inside:
			closing = closing + sp.close
		case sp.to == p0 && sp.close == "" && schemeLength(s[sp.from:sp.to]) > 0:
			tail = " " + ellipsis
		}
	}
	return tail + closing, p
}

// CutRunes returns s if it has at most max characters, else as much of it as
// has with an ellipsis, cut between graphemes.
func CutRunes(s string, max int) string {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s
	}
	end, left := 0, max-1
	for end < len(s) {
		n := grapheme(s[end:])
		if left -= utf8.RuneCountInString(s[end : end+n]); left < 0 {
			break
		}
		end += n
	}
	return strings.TrimRight(s[:end], " \n") + ellipsis
}
