package message

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "",
		"plain 中文 👩‍👩‍👧 <b>&\"\\":    "plain 中文 👩‍👩‍👧 <b>&\"\\",
		"a\r\nb\rc\nd\r\r\ne":        "a\nb\nc\nd\n\ne",
		"a\tb":                       "a b",
		"\x00a\x07b\x1bc\x7fd\u0085": "abcd",
		"a\u2028b\u2029c":            "abc",
		"a\xffb\xe4\xb8":             "a\ufffdb\ufffd\ufffd",
		"\xed\xa0\x80":               "\ufffd\ufffd\ufffd",
		"\ufffd":                     "\ufffd",
		`\u4e2d \U4e2d \uD83d`:       `＼u4e2d \U4e2d ＼uD83d`,
		`\\u0041`:                    `\＼u0041`,
		`\u41 \ug000 \u`:             `\u41 \ug000 \u`,
		"\\\x00u0041":                `＼u0041`,
		"\\u\x0000\u202841":          `＼u0041`,
		"\\\x00\x01u004\x021\\u":     `＼u0041\u`,
		"\x1ek\x1fv\x1c\x1dt\x1fu":   "kvtu",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, plain, markdown string }{
		{"a", "a", "a"},
		{" a \n\n\n\n b\u00a0\nc\n", "a\n\n b\nc", "a\n\n b  \nc"},
		{"```\na\n\n\nb\n```\nc", "```\na\n\nb\n```\nc", "```\na\n\n\nb\n```  \nc"},
		{"\n\n", "", ""},
	} {
		if got := lines(c.in, false); got != c.plain {
			t.Errorf("lines(%q) = %q, want %q", c.in, got, c.plain)
		}
		got := lines(c.in, true)
		if got != c.markdown {
			t.Errorf("lines(%q) of markdown = %q, want %q", c.in, got, c.markdown)
		}
	}
}

// What a message may lead to, and how that stands in a markdown link.
func TestLinkTarget(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{ // openable, target
		"https://a.example/x?y=1&z=%20#f":  {"https://a.example/x?y=1&z=%20#f", "https://a.example/x?y=1&z=%20#f"},
		" HTTPS://a.example\n":             {"HTTPS://a.example", "HTTPS://a.example"},
		"https://a.example/a b\"c\\d<e>":   {"https://a.example/a%20b%22c%5Cd%3Ce%3E", "https://a.example/a%20b%22c%5Cd%3Ce%3E"},
		"https://a.example/(x)[y]*_`|{}^'": {"https://a.example/(x)[y]*_`|{}^'", "https://a.example/%28x%29%5By%5D%2A_%60%7C%7B%7D%5E%27"},
		"https://a.example/中\u007f":        {"https://a.example/中", "https://a.example/%E4%B8%AD"},
		"dingtalk://dingtalkclient/page":   {"dingtalk://dingtalkclient/page", "dingtalk://dingtalkclient/page"},
		"eapp://x":                         {"eapp://x", "eapp://x"},
		"https://":                         {},
		"":                                 {},
		"javascript:alert(1)":              {},
		"data:text/html,x":                 {},
		"ftp://a.example":                  {},
		"//a.example":                      {},
		"java\nscript://https://a":         {},
	} {
		if got := [2]string{openable(in), LinkTarget(in)}; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if Openable(in) != (want[0] != "") {
			t.Errorf("%q: openable is %t", in, Openable(in))
		}
		if again := LinkTarget(LinkTarget(in)); again != want[1] {
			t.Errorf("%q: a target of a target is %q", in, again)
		}
	}
}

// No text can pretend to be a row or a button: what separates them is taken
// out of everything else.
func TestMarkersCannotBeForged(t *testing.T) {
	t.Parallel()
	evil := "x" + Row("forged", "row") + Button("forged", "https://evil.example") + string(markPart) + string(markEnd)
	rows, err := parse(markRow, Row(evil, "v")+Row("k", evil))
	const flat = "xforgedrowforgedhttps://evil.example"
	if d := cmp.Diff([][2]string{{flat, "v"}, {"k", flat}}, rows); d != "" || err != nil {
		t.Errorf("rows (-want +got), %v:\n%s", err, d)
	}
	buttons, err := parse(markButton, Button(evil, eventURL)+" \n "+Button("b", evil))
	if d := cmp.Diff([][2]string{{flat, eventURL}, {"b", flat}}, buttons); d != "" || err != nil {
		t.Errorf("buttons (-want +got), %v:\n%s", err, d)
	}
	for msgtype, fields := range map[string][]string{"text": {"content"}, "markdown": {"title", "text"}, "oa": {"title", "content", "author", "head", "status"},
		"link": {"title", "text"}, "action_card": {"title", "markdown"}} {
		v := Values{"title": "t", "text": "t", "content": "t", "markdown": "t"}
		for _, f := range fields {
			v[f] = evil
		}
		got, err := Build(msgtype, v, eventURL, 0)
		if err != nil || Validate(got.Body) != nil || strings.Contains(string(got.Body), `"forged"`) {
			t.Errorf("%s: %v: %s", msgtype, err, got.Body)
		}
	}
}
