package message

import "strings"

// A span is a part of a text that fitting must respect: bytes from (included)
// to (excluded). With close empty it is not to be cut at all (a link, an
// escape, a code span); else a cut inside it is followed by close (emphasis).
type span struct {
	from, to int
	close    string
}

// A scanner finds the spans of a text in one pass, linear in its length.
type scanner struct {
	s        string
	markdown bool
	match    map[int]int // of each bracket and parenthesis that is closed
	runs     []span      // emphasis that is open: where it began
	spans    []span
}

func scan(s string, markdown bool) []span {
	x := &scanner{s: s, markdown: markdown}
	if markdown {
		x.match = matches(s)
	}
	for i := 0; i < len(s); {
		i = max(x.next(i), i+1)
	}
	return x.spans
}

// next reads what begins at i and returns where it ends.
func (x *scanner) next(i int) int {
	switch x.s[i] {
	case 'h', 'd', 'e', 'H', 'D', 'E':
		return x.url(i)
	}
	if !x.markdown {
		return i + 1
	}
	if i == 0 || x.s[i-1] == '\n' {
		if end := x.prefix(i); end > i {
			return end
		}
	}
	switch x.s[i] {
	case '\\':
		if i+1 < len(x.s) && strings.IndexByte("\\`*_{}[]()#+-.!<>|~&\"'", x.s[i+1]) >= 0 {
			return x.atom(i, i+2)
		}
	case '`':
		return x.code(i)
	case '[':
		return x.link(i, i)
	case '!':
		if strings.HasPrefix(x.s[i+1:], "[") {
			return x.link(i, i+1)
		}
	case '<':
		if end := strings.IndexAny(x.s[i+1:], "<>\n"); end > 0 && x.s[i+1+end] == '>' && x.s[i+1] != ' ' {
			return x.atom(i, i+end+2)
		}
	case '&':
		if end := strings.IndexAny(x.s[i+1:min(len(x.s), i+12)], "; &\n"); end > 0 && x.s[i+1+end] == ';' {
			return x.atom(i, i+end+2)
		}
	case '*', '_':
		return x.emphasis(i)
	case '\n':
		if strings.HasPrefix(x.s[i+1:], "\n") {
			x.runs = x.runs[:0]
		}
	}
	return i + 1
}

func (x *scanner) atom(from, to int) int {
	x.spans = append(x.spans, span{from: from, to: to})
	return to
}

// url keeps a bare URL whole: clients make it a link.
func (x *scanner) url(i int) int {
	if schemeLength(x.s[i:]) == 0 {
		return i + 1
	}
	end := i
	for end < len(x.s) && inBareURL(x.s[end]) && (!x.markdown || x.s[end] != ')') {
		end++
	}
	return x.atom(i, end)
}

// inBareURL says whether a URL in a text goes on with c.
func inBareURL(c byte) bool {
	return c > ' ' && c <= '~' && c != '<' && c != '>' && c != '"' && c != '`'
}

// prefix keeps what makes a line a heading, a quote or an item whole, with the
// byte that follows it.
func (x *scanner) prefix(i int) int {
	end := i
	for end < len(x.s) && end < i+8 && strings.IndexByte("#>-+*.)0123456789 ", x.s[end]) >= 0 {
		end++
	}
	if space := strings.LastIndexByte(x.s[i:end], ' '); space > 0 {
		x.atom(i, i+space+2)
		return i + space + 1
	}
	return i
}

// code keeps a code span whole; a fenced block may be cut and is then closed.
func (x *scanner) code(i int) int {
	n := runLength(x.s, i)
	fence := n >= 3 && (i == 0 || x.s[i-1] == '\n')
	for end := i + n; end < len(x.s); {
		at := strings.IndexByte(x.s[end:], '`')
		if at < 0 {
			break
		}
		end += at
		m := runLength(x.s, end)
		if m == n && fence {
			ticks := x.s[i : i+n]
			info := i + n + max(strings.IndexByte(x.s[i+n:end], '\n')+1, 0)
			x.atom(i, info+1)
			x.spans = append(x.spans, span{info, end, "\n" + ticks})
			return x.atom(end-1, end+m)
		}
		if m == n {
			return x.atom(i, end+m)
		}
		end += m
	}
	return i + n
}

// link keeps [text](url) whole; from is where it or its "!" stands.
func (x *scanner) link(from, bracket int) int {
	if end, ok := x.match[bracket]; ok && strings.HasPrefix(x.s[end+1:], "(") {
		if end, ok = x.match[end+1]; ok {
			return x.atom(from, end+1)
		}
	}
	return bracket + 1
}

// emphasis pairs runs of * and _; only a run that is closed again counts.
func (x *scanner) emphasis(i int) int {
	n := runLength(x.s, i)
	end := i + n
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = x.s[i-1]
	}
	if end < len(x.s) {
		after = x.s[end]
	}
	if x.s[i] == '_' && isWord(before) && isWord(after) {
		return end
	}
	if last := len(x.runs) - 1; last >= 0 && !isSpace(before) {
		if open := x.runs[last]; x.s[open.from:open.to] == x.s[i:end] {
			x.runs = x.runs[:last]
			x.spans = append(x.spans, span{from: open.from, to: open.to + 1}, span{from: i, to: end},
				span{open.to, i + 1, x.s[i:end]})
			return end
		}
	}
	if !isSpace(after) {
		x.runs = append(x.runs, span{from: i, to: end})
	}
	return end
}

func runLength(s string, i int) int {
	n := 1
	for i+n < len(s) && s[i+n] == s[i] {
		n++
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' }

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// matches pairs brackets within a paragraph and parentheses within a line.
func matches(s string) map[int]int {
	match := map[int]int{}
	var brackets, parens []int
	closing := func(open *[]int, i int) {
		if n := len(*open) - 1; n >= 0 {
			match[(*open)[n]] = i
			*open = (*open)[:n]
		}
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			brackets = append(brackets, i)
		case ']':
			closing(&brackets, i)
		case '(':
			parens = append(parens, i)
		case ')':
			closing(&parens, i)
		case '\n':
			parens = parens[:0]
			if strings.HasPrefix(s[i+1:], "\n") {
				brackets = brackets[:0]
			}
		}
	}
	return match
}
