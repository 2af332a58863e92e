package phone

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// subset is the markdown that DingTalk renders ("Message types and examples"):
// headings, quotes, bold, italic, links, images and lists. All else, HTML
// first, is text.
var subset = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
	)),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(links{}, 100))),
)

// policy is the second wall: what the renderer writes, and nothing else.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "blockquote", "strong", "em", "ul", "ol", "li")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^ph-[a-z-]+$`)).OnElements("span")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^img$`)).OnElements("span")
	p.AllowAttrs("aria-label").Matching(regexp.MustCompile(`(?s)^.*$`)).OnElements("span")
	return p
}()

// maxDepth is how deep quotes, lists and links may stand in each other. Browsers
// stop at 512 elements, and then close what others opened.
const maxDepth = 40

// renderMarkdown returns markdown as DingTalk renders it; what is nested beyond
// reason is shown as the text that it is.
func renderMarkdown(markdown string) template.HTML {
	source := []byte(markdown)
	doc := subset.Parser().Parse(text.NewReader(source))
	var b bytes.Buffer
	if deeper(doc, maxDepth) || subset.Renderer().Render(&b, source, doc) != nil {
		return template.HTML(html.EscapeString(markdown)) //nolint:gosec // escaped
	}
	return template.HTML(policy.SanitizeBytes(b.Bytes())) //nolint:gosec // sanitised
}

func deeper(n ast.Node, than int) bool {
	depth := 0
	_ = ast.Walk(n, func(_ ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		if depth++; depth > than {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return depth > than
}

// links renders links, of which those that lead nowhere safe are not links, and
// images, which are placeholders.
type links struct{}

// RegisterFuncs implements goldmark's NodeRenderer.
func (links) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindLink, link)
	r.Register(ast.KindImage, image)
}

func link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	href := safeURL(string(n.(*ast.Link).Destination))
	switch {
	case href != "" && entering:
		_, _ = fmt.Fprintf(w, `<a href="%s">`, html.EscapeString(href))
	case href != "":
		_, _ = w.WriteString("</a>")
	case entering:
		_, _ = w.WriteString(`<span class="ph-dead">`)
	default:
		_, _ = w.WriteString("</span>")
	}
	return ast.WalkContinue, nil
}

func image(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	alt := words(n, source)
	if alt == "" {
		alt = "image"
	}
	alt = html.EscapeString(alt)
	_, _ = fmt.Fprintf(w, `<span class="ph-hole" role="img" aria-label="%s">%s</span>`, alt, alt)
	return ast.WalkSkipChildren, nil
}

// words is the plain text below a node.
func words(n ast.Node, source []byte) string {
	var b bytes.Buffer
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := c.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
