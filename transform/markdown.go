package transform

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"workbell/message"
)

// What DingTalk's clients make of backslash escapes is not documented, so text
// that must not be read as markdown has its signs replaced by their full-width
// forms, which look the same to people (practice of those who send cards; see
// the official subset in "Message types and examples").
var lookalikes = map[rune]rune{
	'*': '＊', '[': '［', ']': '］', '\\': '＼', '`': '｀', '#': '＃', '>': '＞', '-': '－', '+': '＋', '=': '＝',
	'_': '＿', '<': '＜', '&': '＆', '~': '～', '.': '．', ')': '）', '!': '！', '|': '｜', ':': '：',
}

// escapeMarkdown returns text such that it reads as it is in DingTalk's
// markdown, wherever in a line it is put. Line ends are kept as line breaks;
// spaces that begin a line are dropped.
func escapeMarkdown(s string) string {
	s = strings.TrimSpace(message.Clean(s))
	if !strings.Contains(s, "\n") {
		return escapeLine(s)
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = escapeLine(strings.TrimSpace(line))
	}
	return strings.Join(lines, "  \n")
}

// escapeLine returns a line escaped: mostly as it is.
func escapeLine(line string) string {
	var b strings.Builder
	marks, from := lineMarks(line), 0
	for i := range len(line) {
		c := line[i]
		if !hasLookalike[c] || i >= marks && !needsEscape(line, i) {
			continue
		}
		if from == 0 {
			b.Grow(len(line) + 16)
		}
		b.WriteString(line[from:i])
		b.WriteRune(lookalikes[rune(c)])
		from = i + 1
	}
	if from == 0 {
		return line
	}
	b.WriteString(line[from:])
	return b.String()
}

// hasLookalike says which bytes are in lookalikes: few of a text.
var hasLookalike = func() (is [256]bool) {
	for r := range lookalikes {
		is[r] = true
	}
	return is
}()

// lineMarks returns how many bytes at the start of a line would make it
// something else than text: a heading, a quote, an item, a rule.
func lineMarks(line string) int {
	if line == "" {
		return 0
	}
	switch line[0] {
	case '#', '>':
		return len(line) - len(strings.TrimLeft(line, "#> "))
	case '-', '+', '=', '|', ':', '~':
		marks := len(line) - len(strings.TrimLeft(line, "-+=|:~ "))
		if marks == len(line) || line[1] == ' ' {
			return marks
		}
	}
	digits := 0
	for digits < len(line) && line[digits] >= '0' && line[digits] <= '9' {
		digits++
	}
	if digits > 0 && digits < len(line) && (line[digits] == '.' || line[digits] == ')') &&
		(digits+1 == len(line) || line[digits+1] == ' ') {
		return digits + 1
	}
	return 0
}

// needsEscape says whether the byte at i could begin or end something in a line.
func needsEscape(line string, i int) bool {
	rest := line[i+1:]
	switch line[i] {
	case '*', '[', ']', '\\', '`':
		return true
	case '_':
		after, _ := utf8.DecodeRuneInString(rest)
		return !isWord(runeBefore(line, i)) || rest == "" || !isWord(after)
	case '<':
		return rest == "" || !strings.ContainsRune(" =0123456789", rune(rest[0]))
	case '&':
		end := strings.IndexAny(rest, "; &")
		return end > 0 && rest[end] == ';' || end < 0 && rest != ""
	case '#': // at its end a heading's own
		return strings.Trim(rest, "# ") == ""
	case '~': // one that could end what another began
		return !unicode.IsSpace(runeBefore(line, i))
	}
	return false
}

// runeBefore is what stands before i; a space where i begins the line.
func runeBefore(line string, i int) rune {
	if i == 0 {
		return ' '
	}
	r, _ := utf8.DecodeLastRuneInString(line[:i])
	return r
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// quoteMarkdown returns text escaped, each line a line of a quote.
func quoteMarkdown(s string) string {
	s = escapeMarkdown(s)
	if s == "" {
		return ""
	}
	return "> " + strings.ReplaceAll(s, "\n", "\n> ")
}

// marks are what GitHub's markdown has and no reader of plain text wants.
var marks = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`(?s)<!--.*?-->`), ""},
	{regexp.MustCompile(`</?[a-zA-Z][^<>]*>`), ""},
	{regexp.MustCompile(`!?\[([^\[\]\n]*)\]\([^()\s]*\)`), "$1"},
	{regexp.MustCompile("(?m)^(`{3,}|~{3,}).*$\n?"), ""},
	{regexp.MustCompile("\\*\\*|__|~~|`"), ""},
	{regexp.MustCompile(`(?m)^#{1,6} +`), ""},
	{regexp.MustCompile(`(?m)^(\s*)[-*+] \[ \] `), "$1☐ "},
	{regexp.MustCompile(`(?m)^(\s*)[-*+] \[[xX]\] `), "$1☑ "},
	{regexp.MustCompile(`(?m)^(\s*)[-*+] `), "$1· "},
	{regexp.MustCompile(`[ \t]*\n(\s*\n)+`), "\n\n"},
}

// stripMarkdown returns what text in GitHub's markdown says, without its marks.
func stripMarkdown(s string) string {
	if len(s) > maxBlock {
		s = strings.ToValidUTF8(s[:maxBlock], "")
	}
	s = message.Clean(s)
	for _, m := range marks {
		s = m.pattern.ReplaceAllString(s, m.by)
	}
	return strings.TrimSpace(s)
}

// markdownLink returns a link, or the text alone where the URL is none that a
// message may lead to.
func markdownLink(text, url string) string {
	return string(appendLink(make([]byte, 0, 256), text, url))
}

func appendLink(b []byte, text, url string) []byte {
	text = strings.ReplaceAll(escapeMarkdown(text), "  \n", " ")
	target := message.LinkTarget(url)
	switch {
	case target == "":
		return append(b, text...)
	case text == "":
		text = "Open"
	}
	b = append(append(append(b, '['), text...), "]("...)
	return append(append(b, target...), ')')
}

// markdownLinks joins links by " · ": each a text and a URL, of which those
// without a URL are left out.
func markdownLinks(parts ...printed) (string, error) {
	if len(parts)%2 != 0 {
		return "", fmt.Errorf("mdLinks takes pairs of a text and a URL, not %d arguments", len(parts))
	}
	links, sep := make([]byte, 0, 512), ""
	for i := 0; i < len(parts); i += 2 {
		if url := textOf(parts[i+1]); url != "" {
			links = appendLink(append(links, sep...), textOf(parts[i]), url)
			sep = " · "
		}
	}
	return string(links), nil
}
