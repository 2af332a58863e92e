package message

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// corpus is what is cut at every point, and the parts of it that stay whole.
var corpus = map[string]struct {
	s        string
	markdown bool
	atoms    []string
}{
	"ASCII":         {"disk full on web-1 \"C:\\tmp\"\nsecond line", false, nil},
	"Chinese":       {"磁盘已满，请尽快处理。\n第二行：CPU 95%", false, nil},
	"emoji":         {"a👩‍👩‍👧b🇨🇳🇩🇪c👍🏽d❤️e🏴󠁧󠁢󠁥󠁮󠁧󠁿f1️⃣", false, nil},
	"combining":     {"e\u0301u\u0308\u0323 नमस्ते กำ \u1112\u1161\u11ab각 \u0600\u0661x", false, nil},
	"mixed":         {"中a文👨‍💻\"引号\"\\路径\n\n很长", false, nil},
	"a URL":         {"看 https://a.example/x?y=1&z=(2)#f 再说 HTTP://B.example/q 完", false, []string{"https://a.example/x?y=1&z=(2)#f", "HTTP://B.example/q"}},
	"only a URL":    {"https://a.example/" + strings.Repeat("x", 90), false, []string{"https://a.example/" + strings.Repeat("x", 90)}},
	"app links":     {"dingtalk://a/b eapp://c/d http://e", false, []string{"dingtalk://a/b", "eapp://c/d", "http://e"}},
	"links":         {"前 [标题 [内]](https://a.example/(x)) 中 ![图](@lAL) 后 <https://b.example> z", true, []string{"[标题 [内]](https://a.example/(x))", "![图](@lAL)", "<https://b.example>"}},
	"a linked icon": {"x [![b](https://a.example/b.svg)](https://a.example) y", true, []string{"[![b](https://a.example/b.svg)](https://a.example)"}},
	"code":          {"跑 `go test ./... | tail` 和 ``a`b`` 后 `未完", true, []string{"`go test ./... | tail`", "``a`b``"}},
	"emphasis":      {"**粗体 text _斜体 more_ 尾** *i* __u v__ snake_case_word ***both x***", true, []string{"**粗"[:3], "_斜"[:2]}},
	"in emphasis":   {"**a [l](https://a.example) `c d` b** z", true, []string{"[l](https://a.example)", "`c d`"}},
	"escapes":       {`a\*b\_c\\d\[e\]f &amp; &#20013; &nope x & y`, true, []string{`\*`, `\_`, `\\`, `\[`, `\]`, "&amp;", "&#20013;"}},
	"blocks":        {"### 标题 one\n\n> 引用 two\n\n- 列表 three\n- four\n\n1. five\n2. six", true, []string{"### 标", "> 引", "- 列", "- f", "1. f", "2. s"}},
	"a fence":       {"前\n\n```go\nfmt.Println(\"中\")\nx := 1\n```\n后", true, []string{"```go\nf"}},
	"not markdown":  {"2 * 3 * 4 [a] (b) ] ) ** x ` y < z > & _", true, nil},
}

// within says whether p is inside one of the places where part stands in s.
func within(s, part string, p int) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], part)
		if i < 0 {
			return false
		}
		if from += i; from < p && p < from+len(part) {
			return true
		}
		from++
	}
}

func graphemeEnds(s string) map[int]bool {
	ends, at := map[int]bool{0: true}, 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		at += len(g.Bytes())
		ends[at] = true
	}
	return ends
}

// checkCut holds got, s cut to limit, against the promise, and returns how much
// of s it keeps.
func checkCut(t *testing.T, s, got string, limit int) int {
	t.Helper()
	if jsonLength(s) <= limit || got == s {
		if got != s {
			t.Errorf("%d: it fits, but is %q", limit, got)
		}
		return len(s)
	}
	if jsonLength(got) > max(limit, 0) || !utf8.ValidString(got) {
		t.Errorf("%d: %q has %d bytes", limit, got, jsonLength(got))
	}
	at := strings.LastIndex(got, ellipsis)
	if at < 0 {
		if got != "" || limit >= len(ellipsis) {
			t.Errorf("%d: %q has no ellipsis", limit, got)
		}
		return 0
	}
	kept := strings.TrimRight(got[:at], " \n")
	if !strings.HasPrefix(s, kept) {
		t.Fatalf("%d: %q is no beginning of %q", limit, kept, s)
	}
	rest := s[len(kept):]
	ends := graphemeEnds(s)
	for p := len(kept); !ends[p]; p++ { // spaces before the cut were trimmed
		if c := s[p]; c != ' ' && c != '\n' {
			t.Errorf("%d: %q is cut inside a character, before %.12q", limit, got, rest)
			break
		}
	}
	return len(kept)
}

func TestCutAtEveryPoint(t *testing.T) {
	t.Parallel()
	for name, c := range corpus {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := 0
			for max := -1; max <= jsonLength(c.s)+1; max++ {
				got := Cut(c.s, max)
				if c.markdown {
					got = cutMarkdown(c.s, max)
				}
				kept := checkCut(t, c.s, got, max)
				if kept < before {
					t.Errorf("%d: %q keeps %d bytes, with less room it kept %d", max, got, kept, before)
				}
				before = kept
				for _, atom := range c.atoms {
					if within(c.s, atom, kept) {
						t.Errorf("%d: %q is cut inside %q", max, got, atom)
					}
				}
				if c.markdown {
					checkClosed(t, c.s, got, kept)
				}
			}
			if before != len(c.s) {
				t.Errorf("with room for all of it, it keeps %d bytes of %d", before, len(c.s))
			}
		})
	}
}

// checkClosed counts what the corpus writes in pairs: what is cut inside one
// ends in its other half.
func checkClosed(t *testing.T, s, got string, kept int) {
	t.Helper()
	if kept == len(s) {
		return
	}
	for _, pair := range []string{"**", "__", "```"} {
		if strings.Count(s, pair)%2 == 0 && strings.Count(got, pair)%2 != 0 {
			t.Errorf("%q leaves %s open", got, pair)
		}
	}
}

// cutMarkdown cuts markdown as build does.
func cutMarkdown(s string, max int) string { return cut(text{&s, true}, max) }

func TestCutMarkdownCloses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    string
		max  int
		want string
	}{
		{"**bold text** end", 14, "**bold te…**"},
		{"**bold _both text_** end", 18, "**bold _both…_**"},
		{"***both text*** end", 14, "***both…***"},
		{"**b** and more of it", 14, "**b** and m…"},
		{"x\n\n```\nline one\nline two\n```\nafter", 25, "x\n\n```\nline on…\n```"},
		{"see https://a.example/x and more", 27, "see https://a.example/x …"},
		{"see [l](https://a.example/x) and more", 31, "see [l](https://a.example/x)…"},
		{"see [l](https://a.example/x) and more", 30, "see…"},
		{"**a [l](https://a.example/x)** and more", 20, "**a…**"},
		{"word and    spaces", 14, "word and…"},
		{"- a\n- b\n- c", 9, "- a…"},
	} {
		if got := cutMarkdown(c.s, c.max); got != c.want {
			t.Errorf("cutMarkdown(%q, %d) = %q, want %q", c.s, c.max, got, c.want)
		}
	}
}

// The quick way to a character's end is the same as the long one.
func TestGrapheme(t *testing.T) {
	t.Parallel()
	for name, c := range corpus {
		ends, at := graphemeEnds(c.s), 0
		for at < len(c.s) {
			if at += grapheme(c.s[at:]); !ends[at] {
				t.Errorf("%s: no character ends at %d, before %.12q", name, at, c.s[at:])
				break
			}
		}
	}
	for r := rune(1); r <= 0xffff; r++ { // what single takes for granted
		if s := string(r); r != '\r' && utf8.ValidString(s) && single(s) > 0 {
			for _, after := range []string{"a", "中", "\n"} {
				if g, _, _, _ := uniseg.FirstGraphemeClusterInString(s+after, -1); g != s {
					t.Fatalf("%U joins %q", r, after)
				}
				if g, _, _, _ := uniseg.FirstGraphemeClusterInString(after+s, -1); g != after {
					t.Fatalf("%q joins %U", after, r)
				}
			}
		}
	}
}

// Texts of a thousand brackets, backticks or stars take no longer than others:
// the work is counted by the spans that are found.
func TestScanOfOddText(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"[", "(", "](", "`", "`` ` ", "*a ", "_a", "<", "&", "\\", "![", "**", "> ", "h"} {
		s := strings.Repeat(part, 20_000)
		for _, max := range []int{100, 2000} {
			if got := cutMarkdown(s, max); jsonLength(got) > max || !strings.Contains(got, ellipsis) {
				t.Errorf("%q to %d: %d bytes", part, max, jsonLength(got))
			}
		}
		if n := len(scan(s, true)); n > len(s) {
			t.Errorf("%q: %d spans of %d bytes", part, n, len(s))
		}
	}
}
