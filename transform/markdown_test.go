package transform

import (
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"workbell/message"
)

// reader is stricter than DingTalk: what it reads as plain text is plain text
// there, too.
var reader = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

// kinds are the kinds of nodes that markdown is read as, and the text in them.
func read(markdown string) (kinds map[string]bool, said string) {
	kinds = map[string]bool{}
	source := []byte(markdown)
	var b strings.Builder
	err := ast.Walk(reader.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte('\n')
			}
			return ast.WalkContinue, nil
		}
		kinds[n.Kind().String()] = true
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink: // a bare URL may be tapped
			b.Write(n.Label(source))
			delete(kinds, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		panic(err)
	}
	return kinds, b.String()
}

// folded is text as people read it: look-alikes as what they look like, and
// white space as one space.
func folded(s string) string {
	s = strings.Map(func(r rune) rune {
		for plain, alike := range lookalikes {
			if r == alike {
				return plain
			}
		}
		return r
	}, s)
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

// FuzzEscapeMarkdown holds that escaped text is read as what it is, wherever it
// stands: no heading, no emphasis, no link, no quote, no list, no HTML.
func FuzzEscapeMarkdown(f *testing.F) {
	for _, s := range []string{
		"plain", "磁盘 95 % 已满", "**bold** _it_ `code`", "# heading", "> quote", "- item\n- item", "1. one\n2) two", "a\n===\nb\n---",
		"[x](javascript:alert(1))", "![x](http://a/b.png)", "<script>alert(1)</script>", "&lt;b&gt; &amp; &#35;", "a_b_c __init__ snake_case",
		"~~gone~~", "| a | b |\n|---|---|", "\\* \\[", "http://a.example/x_y*z", "- [ ] task", "    indented", "\ttab", "```\nfence\n```",
		"a  \nb\\\nc", "***", "+ plus", "<https://a.example>", "a@b.example", "[^1]: note", "😀 👩‍👩‍👧 e\u0301", "a\r\nb\u2028c", "*\n*", "_\n_", "www.a.example",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := folded(message.Clean(s))
		for _, c := range []struct{ before, after, allowed string }{
			{"", "", ""}, {"before ", " after", ""}, {"**", "**", "Emphasis"}, {"> ", "", "Blockquote"}, {"- ", "", "List ListItem TextBlock"}, {"### ", "", "Heading"},
		} {
			escaped := escapeMarkdown(s)
			if escaped == "" {
				continue
			}
			if c.before == "**" || c.before == "### " || c.before == "> " || c.before == "- " { // what stands on one line
				escaped = strings.ReplaceAll(escaped, "  \n", " ")
			}
			kinds, said := read(c.before + escaped + c.after)
			for kind := range kinds {
				if !strings.Contains(" Document Paragraph Text String "+c.allowed+" ", " "+kind+" ") {
					t.Errorf("%q after %q is read as %s: %q", s, c.before, kind, escaped)
				}
			}
			strip := strings.TrimSpace(strings.Trim(c.before, "*>-# ") + " " + want + c.after)
			if c.after == "**" {
				strip = want
			}
			if got := folded(said); kinds["Emphasis"] == (c.before == "**") && got != folded(strip) {
				t.Errorf("%q after %q says %q", s, c.before, got)
			}
		}
	})
}

// FuzzMarkdownLink holds that a link leads where it should or nowhere, whatever
// its text and URL.
func FuzzMarkdownLink(f *testing.F) {
	for _, s := range [][2]string{{"Open", "https://a.example/x?y=1#z"}, {"a]b", "https://a.example/(x)"}, {"x", "javascript:alert(1)"}, {"", "http://a.example"},
		{"x\ny", "https://a.example/a b"}, {"x", "https://a.example/\"'<>"}, {"![x]", "data:text/html,x"}, {"中文", "https://例子.example/路径"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, label, url string) {
		made := markdownLink(label, url)
		source := []byte("before " + made + " after")
		links := 0
		err := ast.Walk(reader.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if link, ok := n.(*ast.Link); ok && entering {
				links++
				if message.LinkTarget(url) != string(link.Destination) {
					t.Errorf("the link of %q to %q leads to %q", label, url, link.Destination)
				}
			}
			if n.Kind() == ast.KindImage || n.Kind() == ast.KindRawHTML || n.Kind() == ast.KindHTMLBlock {
				t.Errorf("%q, %q is read as %s: %s", label, url, n.Kind(), made)
			}
			return ast.WalkContinue, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := message.LinkTarget(url) != ""; (links == 1) != want {
			t.Errorf("%q to %q: %d links in %q", label, url, links, made)
		}
	})
}
