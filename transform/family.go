package transform

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"
	"time"

	"workbell/config"
	"workbell/message"
)

const (
	// folder is what faults call the folder of templates.
	folder = "templates/"
	// maxBlock is how many bytes of a block's output are used; a message takes
	// 2,048. What comes after them is not made.
	maxBlock = 16 << 10
)

// family is one file of templates with the blocks MSGTYPE.FIELD, and those of
// the shared files.
type family struct {
	file   string // its name in the folder
	set    *template.Template
	zone   *time.Location
	pool   sync.Pool       // of *executor
	tried  map[string]bool // msgtypes that have been rehearsed
	broken bool            // it could not be parsed, or a shared file: what it defines is not known
}

// loadFamilies reads all templates: NAME.tmpl is a family, _NAME.tmpl is
// shared by all.
func loadFamilies(files fs.FS, zone *time.Location, faults *config.Faults) map[string]*family {
	families := map[string]*family{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		faults.Add(config.Pos{File: folder}, "let the user who runs workbell read it", "reading the templates: %v", err)
		return families
	}
	shared := template.New("").Option("missingkey=zero").Funcs(functions(&executor{zone: zone}))
	var own []string
	broken := false
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir() || path.Ext(name) != ".tmpl":
		case strings.HasPrefix(name, "_"):
			broken = !parseFile(shared, files, name, faults) || broken
		default:
			own = append(own, name)
		}
	}
	for _, name := range own {
		set := template.Must(shared.Clone())
		faulty := !parseFile(set, files, name, faults) || broken
		families[strings.TrimSuffix(name, ".tmpl")] = &family{file: name, set: set, zone: zone, tried: map[string]bool{}, broken: faulty}
	}
	return families
}

// parseFile adds the blocks of a file to set, made safe, and says whether it could.
func parseFile(set *template.Template, files fs.FS, name string, faults *config.Faults) bool {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		faults.Add(config.Pos{File: folder + name}, "", "reading the template: %v", err)
		return false
	}
	before := map[*parse.Tree]bool{}
	for _, t := range set.Templates() {
		before[t.Tree] = true
	}
	if _, err := set.New(name).Parse(string(text)); err != nil {
		te := explainTemplate(err)
		faults.Add(te.at, te.remedy(), "%s", te.problem)
		return false
	}
	for _, t := range set.Templates() {
		if t.Tree != nil && !before[t.Tree] {
			harden(t.Tree)
		}
	}
	return true
}

// defines says whether the family has a block of that name.
func (f *family) defines(block string) bool { return f.set.Lookup(block) != nil }

// templateError is an error of text/template with its place.
type templateError struct {
	at      config.Pos
	problem string
}

func (e *templateError) Error() string { return e.at.String() + ": " + e.problem }

func (e *templateError) remedy() string {
	if m := notDefined.FindStringSubmatch(e.problem); m != nil {
		return config.DidYouMean(m[1], functionNames())
	}
	if m := noField.FindStringSubmatch(e.problem); m != nil {
		return config.DidYouMean(m[1], dataNames)
	}
	return ""
}

var (
	templatePlace = regexp.MustCompile(`(?s)^template: ([^:]+):(\d+):(?:(\d+):)? ?(.*)$`)
	notDefined    = regexp.MustCompile(`function "(\w+)" not defined`)
	noField       = regexp.MustCompile(`there is no \.(\w+)`)
	atField       = regexp.MustCompile(`(?s)^executing "([^"]*)" at <(.*?)>: (.*)$`)
	cannotField   = regexp.MustCompile(`^can't evaluate field (\w+) in type .*Data$`)
)

// explainTemplate takes apart what text/template says.
func explainTemplate(err error) *templateError {
	m := templatePlace.FindStringSubmatch(err.Error())
	if m == nil {
		return &templateError{config.Pos{File: folder}, err.Error()}
	}
	line, _ := strconv.Atoi(m[2])
	column, _ := strconv.Atoi(m[3])
	if m[3] != "" {
		column++ // text/template counts from 0
	}
	problem := m[4]
	if in := atField.FindStringSubmatch(problem); in != nil {
		problem = fmt.Sprintf("%s: %s", in[1], in[3])
		if f := cannotField.FindStringSubmatch(in[3]); f != nil {
			problem = fmt.Sprintf("%s: there is no .%s", in[1], f[1])
		}
	}
	return &templateError{config.Pos{File: folder + m[1], Line: line, Column: column}, problem}
}

// executor runs the blocks of a family for one event at a time. Executors are
// used again.
type executor struct {
	zone     *time.Location
	now      time.Time
	set      *template.Template
	blocks   map[string][]block // by msgtype
	compiler compiler
	// parameters are the fields of msgtype template.
	parameters []string
	data       Data
	said       message.Values // by the blocks that ran last
	out        limited

	// Of a quick that runs:
	vars  []any
	args  []printed
	texts []string // what box points to
	base  int      // where in vars the variables of the template begin
	stop  error    // what ends it: errFull or errOdd
}

// block is one block MSGTYPE.FIELD.
type block struct {
	field string
	tmpl  *template.Template
	quick *quick // nil: only tmpl can run it
	fixed bool   // nothing in it depends on the event
	text  string // where fixed
}

func (f *family) take(now time.Time) *executor {
	x, _ := f.pool.Get().(*executor)
	if x == nil {
		x = f.executor()
	}
	x.now = now
	return x
}

// release lets go of the event.
func (f *family) release(x *executor) {
	x.data = Data{}
	clear(x.said)
	clear(x.vars[:cap(x.vars)])
	clear(x.args[:cap(x.args)])
	clear(x.texts[:cap(x.texts)])
	f.pool.Put(x)
}

func (f *family) executor() *executor {
	x := &executor{zone: f.zone, blocks: map[string][]block{}, said: message.Values{}}
	own := functions(x)
	x.set, x.parameters = template.Must(f.set.Clone()).Funcs(own), f.parameters()
	x.compiler = compiler{functions: own, done: map[string]*quick{}, trees: func(name string) *parse.Tree {
		if t := x.set.Lookup(name); t != nil {
			return t.Tree
		}
		return nil
	}}
	return x
}

// parameters are the fields data.NAME of msgtype template that the family
// defines, sorted.
func (f *family) parameters() []string {
	var fields []string
	for _, t := range f.set.Templates() {
		if field, is := strings.CutPrefix(t.Name(), "template."); is && strings.HasPrefix(field, message.DataField) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// blocksOf returns the blocks of a msgtype, compiled when it is first asked for.
func (x *executor) blocksOf(msgtype string) []block {
	blocks, ok := x.blocks[msgtype]
	if ok {
		return blocks
	}
	for _, field := range x.fieldsOf(msgtype) {
		t := x.set.Lookup(msgtype + "." + field)
		if t == nil || t.Tree == nil {
			continue
		}
		b := block{field: field, tmpl: t, quick: x.compiler.compile(t.Name())}
		b.text, b.fixed = fixedText(t.Root)
		blocks = append(blocks, b)
	}
	x.blocks[msgtype] = blocks
	return blocks
}

// fieldsOf are the fields that a block of the family may give to a msgtype.
func (x *executor) fieldsOf(msgtype string) []string {
	if msgtype == message.Template().Name {
		return x.parameters
	}
	kind, _ := message.KindOf(msgtype)
	fields := make([]string, len(kind.Fields))
	for i, f := range kind.Fields {
		fields[i] = f.Name
	}
	return fields
}

func fixedText(root *parse.ListNode) (string, bool) {
	var b strings.Builder
	for _, n := range root.Nodes {
		text, ok := n.(*parse.TextNode)
		if !ok {
			return "", false
		}
		b.Write(text.Text)
	}
	return b.String(), true
}

// values runs the blocks of a msgtype; whole is false where one has more to
// say than is used. What it returns holds until it runs again.
func (x *executor) values(msgtype string, data *Data) (v message.Values, whole bool, err error) {
	blocks := x.blocksOf(msgtype)
	v, whole = x.said, true
	clear(v)
	for _, b := range blocks {
		if b.fixed {
			v[b.field] = b.text
			continue
		}
		all, err := x.run(b, data)
		if err != nil {
			return nil, false, explainTemplate(err)
		}
		whole = whole && all
		// What text/template prints for nothing at all.
		v[b.field] = strings.ReplaceAll(string(x.out.buf), "<no value>", "")
	}
	return v, whole, nil
}

// run leaves in x.out what a block has to say; whole is false where it is more
// than is used.
func (x *executor) run(b block, data *Data) (whole bool, err error) {
	if b.quick != nil {
		if whole, ok := x.quickly(b.quick, data); ok {
			return whole, nil
		}
	}
	x.out.buf = x.out.buf[:0]
	if err = b.tmpl.Execute(&x.out, data); errors.Is(err, errFull) {
		return false, nil
	}
	return true, err
}

var errFull = errors.New("the block has more to say than is used")

// limited keeps the first maxBlock bytes written to it, and then ends the
// execution.
type limited struct{ buf []byte }

func (l *limited) Write(p []byte) (int, error) {
	room := maxBlock - len(l.buf)
	l.buf = append(l.buf, p[:min(len(p), room)]...)
	if len(p) > room {
		return room, errFull
	}
	return len(p), nil
}
