package message

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// fields makes values for every field of kind out of a few texts: each field
// takes the one that its place in the seed names.
func fields(kind Kind, texts []string, seed uint32) Values {
	v := Values{}
	if kind.Name == "template" {
		v[TemplateID] = "e27a"
		for i := range seed % 9 {
			v[DataField+string('a'+rune(i))] = texts[(seed>>(2*i))%uint32(len(texts))]
		}
	}
	for i, f := range kind.Fields {
		t := texts[(seed>>(2*i))%uint32(len(texts))]
		switch f.Name {
		case "form":
			v[f.Name] = Row(t, texts[0]) + Row(texts[1], t) + strings.Repeat(Row("k", t), int(seed%7))
		case "buttons":
			v[f.Name] = Button(texts[0], texts[1]) + Button(t, "https://a.example/"+t) + strings.Repeat(Button("b", "http://"+t), int(seed%4))
		case "media", "image":
			v[f.Name] = "@" + t
		case "duration", "file_count", "orientation":
			v[f.Name] = "1"
		case "head_color", "status_color":
		default:
			v[f.Name] = t
		}
	}
	return v
}

func FuzzBuild(f *testing.F) {
	f.Add(uint8(0), "磁盘已满", "https://a.example", story(500), eventURL, uint32(0), uint16(2048))
	f.Add(uint8(5), story(3000), "dingtalk://x", "\\u0041\x00\\\x00u0041", "https://a.example/"+strings.Repeat("x", 600), uint32(0x1b1b1b1b), uint16(800))
	f.Add(uint8(6), "[a](https://x)`b`", "**c", "```\n"+story(2000), "http://(x)", uint32(0xe4e4e4), uint16(0))
	f.Add(uint8(7), "a\x1ek\x1fv\x1c", "https://b.example/"+strings.Repeat("中", 450), story(2500), "", uint32(7), uint16(1000))
	f.Add(uint8(8), story(900), "https://b.example/"+strings.Repeat("y", 1900), story(60), eventURL, uint32(0x1b1b1b08), uint16(700))
	f.Add(uint8(1), "abc", "", "d", "x", uint32(0), uint16(0))
	f.Fuzz(func(t *testing.T, which uint8, a, b, c, link string, seed uint32, room uint16) {
		kinds := append(slices.Clone(Kinds), Template())
		kind := kinds[int(which)%len(kinds)]
		v := fields(kind, []string{a, b, c, a + b + c}, seed)
		limit := MaxBytes
		if r := int(room); r >= smallest && r < MaxBytes {
			limit = r
		}
		got, err := Build(kind.Name, v, link, limit)
		if err != nil {
			if msg := err.Error(); !utf8.ValidString(msg) || strings.ContainsAny(msg, "\n") || len(msg) > 1000 {
				t.Errorf("the error is no line: %q", msg)
			}
			return
		}
		if len(got.Body) > limit {
			t.Errorf("%d bytes, %d are allowed", len(got.Body), limit)
		}
		if err := Validate(got.Body); err != nil {
			t.Errorf("%v: %s", err, got.Body)
		}
		again, err := Build(kind.Name, v, link, limit)
		if err != nil || !bytes.Equal(again.Body, got.Body) || again.Whole != got.Whole {
			t.Errorf("a second time it is another message (%v):\n%s\n%s", err, got.Body, again.Body)
		}
		if hidden := strings.Contains(string(got.Body), "\x7f"); hidden || bytes.ContainsAny(got.Body, "\x1c\x1d\x1e\x1f\u2028\u2029") {
			t.Errorf("it has control characters: %q", got.Body)
		}
	})
}

// FuzzCutMarkdown cuts a text at two points: each result holds to the promise,
// and less room never keeps more.
func FuzzCutMarkdown(f *testing.F) {
	for _, c := range corpus {
		f.Add(c.s, uint16(len(c.s)/2), uint16(len(c.s)/3), c.markdown)
	}
	f.Fuzz(func(t *testing.T, s string, more, less uint16, markdown bool) {
		if s = Clean(s); strings.Contains(s, ellipsis) {
			return
		}
		cutTo := Cut
		if markdown {
			cutTo = cutMarkdown
		}
		more, less = max(more, less), min(more, less)
		long, short := cutTo(s, int(more)), cutTo(s, int(less))
		if checkCut(t, s, long, int(more)) < checkCut(t, s, short, int(less)) {
			t.Errorf("%d bytes: %q, %d bytes: %q", more, long, less, short)
		}
		for _, sp := range scan(s, markdown) {
			if sp.from < 0 || sp.from > sp.to || sp.to > len(s)+1 {
				t.Errorf("%q has a part from %d to %d", s, sp.from, sp.to)
			}
		}
		if len(short) > 0 && short != s {
			if tail := strings.TrimLeft(short[strings.LastIndex(short, ellipsis)+len(ellipsis):], "*_`\n"); tail != "" {
				t.Errorf("%q ends in %q", short, tail)
			}
		}
	})
}

func FuzzAppend(f *testing.F) {
	for _, c := range goldens {
		f.Add([]byte(c.want), dayMark, uint8(0), "", uint32(0))
	}
	f.Add([]byte(nil), " #2 · 14:32", uint8(6), story(3000), uint32(0x555))
	f.Add([]byte(nil), dayMark, uint8(8), story(1500), uint32(0x1b1b1b08))
	f.Add([]byte(nil), "u0041\x00\\", uint8(5), story(100)+"\\", uint32(0))
	f.Add([]byte(`{"msgtype":"text","text":{"content":"x"}}`), strings.Repeat("m", 3000), uint8(0), "", uint32(0))
	f.Fuzz(func(t *testing.T, msg []byte, mark string, which uint8, text string, seed uint32) {
		if text != "" { // else whatever bytes there are
			kinds := append(slices.Clone(Kinds), Template())
			kind := kinds[int(which)%len(kinds)]
			built, err := Build(kind.Name, fields(kind, []string{text, "https://a.example/" + text, "x", eventURL}, seed), eventURL, 0)
			if err != nil {
				return
			}
			msg = built.Body
		}
		valid := Validate(msg) == nil
		got, ok := Append(msg, mark)
		switch {
		case !ok && !bytes.Equal(got, msg):
			t.Errorf("it says no, but changed the message: %q", got)
		case !ok:
			if valid && len(Clean(mark)) <= MarkRoom && !hasNoText(msg) {
				t.Errorf("no mark on %s", msg)
			}
		case len(got) > MaxBytes:
			t.Errorf("%d bytes", len(got))
		case valid && len(mark) <= MarkRoom:
			if err := Validate(got); err != nil {
				t.Errorf("%v: %s", err, got)
			}
		}
	})
}

func hasNoText(msg []byte) bool {
	b, err := decode(msg)
	return err != nil || b.visible() == nil
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\r\nb\tc", "\\u0041", "\\\x00u0041", "\\\\u0041\\", "\xff\u2028\x1e", "中👩‍👩‍👧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && removed(r) }) {
			t.Errorf("%q", got)
		}
		if again := Clean(got); again != got {
			t.Errorf("cleaned twice: %q, then %q", got, again)
		}
		content, least := lines(s, false), len(encode(&textBody{}))
		if n := len(encode(&textBody{Content: content})); n != least+jsonLength(content) {
			t.Errorf("%q takes %d bytes, counted %d", content, n-least, jsonLength(content))
		}
		if content == "" {
			return
		}
		if msg := encode(&textBody{Content: content}); len(msg) <= MaxBytes && Validate(msg) != nil {
			t.Errorf("%v: %s", Validate(msg), msg)
		}
		if l := line(s); strings.ContainsRune(l, '\n') || Clean(l) != l {
			t.Errorf("no line: %q", l)
		}
		if bare := inURL.Replace(line(s)); isBare(s) && bare != s {
			t.Errorf("%q becomes %q", s, bare)
		}
		if url := openable(s); url != "" && (openable(url) != url || jsonLength(url) != len(url)) {
			t.Errorf("no URL: %q", url)
		}
	})
}

// FuzzEncodeFlat holds what is encoded without encoding/json to what that makes of
// it, which is clean.
func FuzzEncodeFlat(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c\nd", "\\u0041", "a\x00\t\r\x1e\x7f", "\xff\u2028\u2029\x85\ufffd", "<中&👩‍👩‍👧>"} {
		f.Add(s, "x"+s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = Clean(a), Clean(b)
		for _, b := range []body{&textBody{a}, &markdownBody{a, b}, &linkBody{a, b, a + b, b}} {
			if got, want := encode(b), encodeAny(b); !bytes.Equal(got, want) {
				t.Errorf("%s, encoding/json %s", got, want)
			}
		}
	})
}
