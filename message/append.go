package message

import (
	"regexp"
	"strings"
)

// Append appends mark to the visible text of msg, the bytes of a message made
// by this package, and returns the new bytes, at most MaxBytes: where msg left
// no room (see MarkRoom) its longest text is cut. It returns false where there
// is no text to append to (image, file, voice), or none that could be cut.
func Append(msg []byte, mark string) ([]byte, bool) {
	b, err := decode(msg)
	if err != nil || b.visible() == nil {
		return msg, false
	}
	t := *b.visible()
	mark = Clean(mark)
	switch {
	case *t.s == "":
		mark = strings.TrimLeft(mark, " ")
	case hasEscape(*t.s + mark): // each alone is clean
		mark = " " + mark
	}
	over := func() int { return len(encode(b)) + jsonLength(mark) - MaxBytes }
	if n := over(); n > 0 && !makeRoom(b, n) {
		b.unlink()
		makeRoom(b, over())
		if t, is := b.(*templateBody); is { // of many short texts, maybe
			t.squeeze(MaxBytes - jsonLength(mark))
		}
	}
	*t.s += mark
	if out := encode(b); len(out) <= MaxBytes {
		return out, true
	}
	return msg, false
}

// Strip removes what end matches from the visible text of msg, the bytes of a
// message made by this package, and returns the new bytes; or msg where there
// is no text, or nothing else would be left of it.
func Strip(msg []byte, end *regexp.Regexp) []byte {
	b, err := decode(msg)
	if err != nil || b.visible() == nil {
		return msg
	}
	t := *b.visible()
	bare := end.ReplaceAllString(*t.s, "")
	if bare == "" || bare == *t.s {
		return msg
	}
	*t.s = bare
	return encode(b)
}

// makeRoom cuts the longest texts of b by that many bytes, but not the link
// that a text ends in. It returns false, and b as it was, where that would
// leave next to nothing of them.
func makeRoom(b body, over int) bool {
	texts := b.texts()
	was := make([]string, len(texts))
	for i, t := range texts {
		was[i] = *t.s
	}
	level, _ := levelFor(was, over)
	if level < floor/4 {
		return false
	}
	for i, t := range texts {
		if jsonLength(was[i]) <= level {
			continue
		}
		end := ending(t)
		if level-jsonLength(end) < floor {
			end = ""
		}
		*t.s = strings.TrimSuffix(was[i], end)
		*t.s = cut(t, level-jsonLength(end)) + end
	}
	return true
}

// ending is the link that stands alone in the last line of t, with the line
// ends before it; "" if there is none.
func ending(t text) string {
	from := strings.LastIndexByte(*t.s, '\n') + 1
	last := (*t.s)[from:]
	spans := scan(last, t.markdown)
	if from == 0 || len(spans) != 1 || spans[0] != (span{from: 0, to: len(last)}) || !strings.Contains(last, "://") {
		return ""
	}
	return (*t.s)[len(strings.TrimRight((*t.s)[:from], " \n")):]
}
