package message

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MarkRoom is how many bytes a message leaves free for the mark that Append
// adds to the n-th of a day with the same content, with n up to 999,999.
const MarkRoom = len(" #999999 · 14:32")

// floor is how many bytes a text keeps at least before URLs are given up.
const floor = 64

// Built is a finished message.
type Built struct {
	Body    []byte // the bytes of msg: raw UTF-8 JSON, no \u escapes
	Msgtype string // as in Body: a card without any URL becomes markdown
	Whole   bool   // nothing was cut or left out for want of room
}

// Build makes a message of at most max bytes (0: MaxBytes). What is too long
// is cut: the longest free text first, between graphemes, with an ellipsis.
// link, the event's URL, is where a tap leads if the values name nothing else,
// and stays in a message that is cut. The error says which field is wrong and
// what to write; length is never an error.
func Build(msgtype string, v Values, link string, max int) (Built, error) {
	return build(msgtype, v, link, max, fit)
}

// BuildWhole is Build for who has less to say where it is too much: what is too
// long is not cut, and has no Body.
func BuildWhole(msgtype string, v Values, link string, max int) (Built, error) {
	return build(msgtype, v, link, max, func(body, string, int) Built { return Built{} })
}

// build makes a message, with fit where it is too long.
func build(msgtype string, v Values, link string, max int, fit func(body, string, int) Built) (Built, error) {
	kind, ok := KindOf(msgtype)
	if !ok {
		return Built{}, fmt.Errorf("unknown msgtype %q: write one of %s", msgtype, strings.Join(Names(), ", "))
	}
	if max <= 0 || max > MaxBytes {
		max = MaxBytes
	}
	b, err := kind.make(v, link)
	if err == nil {
		err = b.check()
	}
	if err != nil {
		return Built{}, fmt.Errorf("%s: %w", msgtype, err)
	}
	out := Built{Body: encode(b), Msgtype: b.msgtype(), Whole: true}
	if oa, ok := b.(*oaBody); ok && oa.hidden {
		out.Whole = false
	}
	if len(out.Body) > max {
		out = fit(b, openable(link), max)
	}
	return out, nil
}

// fit cuts b to max bytes: its texts, then its URLs; what even so does not
// fit becomes a plain text.
func fit(b body, link string, max int) Built {
	for range 2 {
		if msg := shrink(b, link, max); msg != nil {
			return Built{Body: msg, Msgtype: b.msgtype()}
		}
		b.unlink()
		link = short(link, "")
	}
	if t, ok := b.(*templateBody); ok {
		return t.squeeze(max)
	}
	return plain(b, link, max)
}

// plain makes a text of the texts of b, with link at its end if it has room.
func plain(b body, link string, max int) Built {
	var all strings.Builder
	for _, t := range b.texts() {
		if *t.s != "" {
			all.WriteString(*t.s + "\n")
		}
	}
	out, room := &textBody{}, max-len(encode(&textBody{}))
	tail := "\n" + link
	if link == "" || room-jsonLength(tail) < floor {
		tail = ""
	}
	out.Content = strings.TrimSpace(Cut(strings.TrimSpace(all.String()), room-jsonLength(tail)) + tail)
	return Built{Body: encode(out), Msgtype: out.msgtype()}
}

// shrink cuts the texts of b until it fits, and leaves link in it. It returns
// nil, and b as it was, where that would leave next to nothing of them.
func shrink(b body, link string, max int) []byte {
	texts := b.texts()
	was := make([]string, len(texts))
	for i, t := range texts {
		was[i] = *t.s
	}
	for _, tail := range []string{"", tailFor(b, link)} {
		level, ok := levelFor(was, len(encode(b))+jsonLength(tail)-max)
		if !ok {
			break
		}
		for _, t := range texts {
			*t.s = cut(t, level)
		}
		_, more := b.linked(link)
		if tail != "" && more != nil {
			*more.s += tail
		}
		if msg := encode(b); len(msg) <= max && (tail != "" || hasLink(b, msg, link)) {
			return msg
		}
		for i, t := range texts {
			*t.s = was[i]
		}
	}
	return nil
}

// levelFor returns the length in JSON to which the longest texts have to be
// cut to save that many bytes; false if that is under floor.
func levelFor(texts []string, save int) (int, bool) {
	sizes := make([]int, len(texts))
	for i, s := range texts {
		sizes[i] = jsonLength(s)
	}
	slices.SortFunc(sizes, func(a, b int) int { return cmp.Compare(b, a) })
	sum := 0
	for i, size := range sizes {
		sum += size
		level := (sum - save) / (i + 1)
		if sum >= save && (i+1 == len(sizes) || level >= sizes[i+1]) {
			return level, level >= floor
		}
	}
	return 0, save <= 0
}

// tailFor returns what leads to link at the end of the text that takes it.
func tailFor(b body, link string) string {
	ok, more := b.linked(link)
	switch {
	case ok || link == "" || more == nil:
		return ""
	case more.markdown:
		return "\n\n[View all](" + LinkTarget(link) + ")"
	}
	return "\n" + link
}

func hasLink(b body, msg []byte, link string) bool {
	ok, more := b.linked(link)
	return ok || link == "" || more == nil || leadsTo(msg, link) || more.markdown && leadsTo(msg, LinkTarget(link))
}

// leadsTo says whether url stands in msg, and not as the beginning of another.
func leadsTo(msg []byte, url string) bool {
	for {
		i := bytes.Index(msg, []byte(url))
		if i < 0 {
			return false
		}
		msg = msg[i+len(url):]
		if len(msg) == 0 || !inBareURL(msg[0]) || bytes.IndexByte([]byte(`)]\`), msg[0]) >= 0 {
			return true
		}
	}
}

// LinkTarget returns url as it may stand between the parentheses of a markdown
// link: what would end the link or be read as markdown is percent-encoded.
// It returns "" for a URL that a message may not lead to.
func LinkTarget(url string) string {
	url = openable(url)
	from := 0
	for from < len(url) && !inTarget[url[from]] {
		from++
	}
	if from == len(url) {
		return url
	}
	b := make([]byte, 0, len(url)+32)
	b = append(b, url[:from]...)
	for _, c := range []byte(url[from:]) {
		if inTarget[c] {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		b = append(b, c)
	}
	return string(b)
}

const hexDigits = "0123456789ABCDEF"

// inTarget says which bytes are to be percent-encoded in the target of a link.
var inTarget = func() (is [256]bool) {
	for c := range is {
		is[c] = c >= 0x7f || strings.IndexByte("()[]*`|{}^'", byte(c)) >= 0
	}
	return is
}()
