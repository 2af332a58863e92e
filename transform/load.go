package transform

import (
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"

	"workbell/config"
	"workbell/message"
)

// Load compiles the rules of cfg and the templates, whose files stand at the
// root of the folder. It finds all faults at once, with their places; the
// Transform is nil if one of them is not a warning.
func Load(cfg *config.Config, templates fs.FS) (*Transform, config.Faults) {
	if cfg == nil {
		return nil, nil
	}
	l := &loader{cfg: cfg, t: &Transform{zone: cfg.DingTalk.Location}}
	if l.t.zone == nil {
		l.t.zone = time.UTC
	}
	l.book = newBook(cfg, &l.faults)
	l.t.book = l.book
	l.t.options = options(l.book)
	l.t.families = loadFamilies(templates, l.t.zone, &l.faults)
	l.fallback, _ = l.literal("fallback_to", cfg.FallbackTo)
	if len(cfg.Rules) == 0 {
		l.faults.Warn(config.Pos{}, "write rules: what comes in is kept and sent to nobody", "there are no rules")
	}
	for i := range cfg.Rules {
		l.rule(i)
	}
	l.reachable()
	l.faults.Sort()
	if l.faults.Fatal() != nil {
		return nil, l.faults
	}
	l.t.index.find(l.t.rules, len(l.t.keys.list))
	return l.t, l.faults
}

// loader compiles one configuration.
type loader struct {
	cfg      *config.Config
	t        *Transform
	book     *book
	fallback message.Recipients
	faults   config.Faults
}

var priorities = map[string]int{"low": -1, "normal": 0, "high": 1, "critical": 2}

func (l *loader) rule(i int) {
	c, path := &l.cfg.Rules[i], fmt.Sprintf("rules[%d]", i)
	r := rule{
		name: c.Name, app: c.App.Value, goOn: c.Continue, priority: priorities[c.Priority.Value],
		onResolve: c.OnResolve.Value, repeat: c.Repeat.Value, track: c.Track.Value, expire: c.Expire,
		family: c.Template.Value, room: message.MaxBytes, fallback: l.fallback,
	}
	if r.repeat != "suppress" {
		r.room -= message.MarkRoom
	}
	if c.FallbackTo.Value != "" {
		r.fallback, _ = l.literal(path+".fallback_to", c.FallbackTo)
	}
	l.when(&r, c, path)
	for _, item := range c.To {
		if to, ok := l.target(path+".to", item); ok {
			r.to = append(r.to, to)
		}
	}
	l.thirdParty(&r, c, path)
	l.msgtype(&r, c, path)
	l.asksFirst(&r, c, path)
	l.statusBar(&r, c, path)
	l.tracking(&r, c, path)
	l.escalations(&r, c, path)
	l.t.rules = append(l.t.rules, r)
}

func (l *loader) when(r *rule, c *config.Rule, path string) {
	if strings.TrimSpace(c.When.Value) == "" {
		return
	}
	r.when = l.compile(path+".when", c.When, expr.AsBool())
	if r.when != nil {
		r.tests, r.shortcut = l.t.keys.shortcut(r.when.node)
	}
}

var (
	bareWord  = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_-]*$`)
	reference = regexp.MustCompile(`^[a-z_]+:[^\s"'()\[\]{}?|]+$`)
)

// isLiteral says whether an item of `to` is taken literally: one bare word, or
// kind:id; a group's name with a dot in it is one, too.
func (l *loader) isLiteral(s string) bool {
	_, group := l.book.groups[s]
	return group || bareWord.MatchString(s) || reference.MatchString(s)
}

func (l *loader) literal(path string, s config.Scalar) (message.Recipients, bool) {
	if s.Value == "" {
		return message.Recipients{}, false
	}
	if !l.isLiteral(s.Value) {
		l.faults.Add(s.At, "write a group's name, user:ID, dept:ID, person:NAME or mobile:NUMBER", "%s: %q is no reference", path, s.Value)
		return message.Recipients{}, false
	}
	who, err := l.book.ref(s.Value)
	if err != nil {
		l.faults.Add(s.At, remedyFor(err), "%s: %v", path, err)
	}
	return who, err == nil
}

func (l *loader) target(path string, s config.Scalar) (target, bool) {
	if l.isLiteral(s.Value) {
		who, ok := l.literal(path, s)
		return target{source: s.Value, fixed: who}, ok
	}
	x := l.compile(path, s)
	if x == nil {
		return target{}, false
	}
	if root := x.Node(); !mayBeRecipients(root) {
		l.faults.Add(s.At, "write user(…), group(…), person(…) or dept(…) around it", "%s: %s is %s, and not recipients", path, s.Value, describeType(root.Type()))
		return target{}, false
	}
	return target{source: s.Value, expression: x}, true
}

func (l *loader) msgtype(r *rule, c *config.Rule, path string) {
	at := c.Msgtype.At
	if at.Line == 0 {
		at = c.At
	}
	value := c.Msgtype.Value
	if value == "" {
		value = "markdown"
	}
	if r.family != "" && l.t.families[r.family] == nil {
		l.faults.Add(c.Template.At, config.DidYouMean(r.family, l.familyNames()), "%s.template: there is no templates/%s.tmpl", path, r.family)
	}
	if !bareWord.MatchString(value) {
		r.msgtypeOf = l.compile(path+".msgtype", c.Msgtype, expr.AsAny())
		if r.msgtypeOf != nil && !isText(r.msgtypeOf.Node().Type()) {
			l.faults.Add(at, `write a text: severity == "critical" ? "oa" : "markdown"`, "%s.msgtype: %s is %s", path, value, describeType(r.msgtypeOf.Node().Type()))
		}
		return
	}
	r.msgtype = value
	kind, ok := message.KindOf(value)
	switch {
	case !ok:
		l.faults.Add(at, config.DidYouMean(value, append(message.Names(), "template")), "%s.msgtype: unknown msgtype %q", path, value)
		return
	case (kind.Name == "template") != r.thirdParty:
		return // config has said so
	}
	if c.Template.At.Line != 0 {
		at = c.Template.At
	}
	for f, kinds := range l.familiesOf(r) {
		if f.broken { // its own fault says what to do; what follows from it would hide that
			continue
		}
		l.needs(f, kind, at, path)
		f.rehearse(kind, kinds, &l.faults)
	}
}

// needs checks that a family defines what a kind of message needs.
func (l *loader) needs(f *family, kind message.Kind, at config.Pos, path string) {
	var lacks []string
	for _, field := range kind.Fields {
		if name := kind.Name + "." + field.Name; field.Required && !f.defines(name) {
			lacks = append(lacks, name)
		}
	}
	if kind.Name == "template" {
		for _, field := range f.parameters() {
			if name := strings.TrimPrefix(field, message.DataField); !message.ParameterName.MatchString(name) {
				l.faults.Add(at, "use letters, digits and _, and do not begin with a digit",
					"%s: templates/%s defines template.%s, and %q is no name of a parameter", path, f.file, field, name)
			}
		}
		if len(f.parameters()) == 0 {
			lacks = append(lacks, "template."+message.DataField+"NAME")
		}
	}
	if len(lacks) > 0 {
		l.faults.Add(at, fmt.Sprintf(`add {{ define %q }}…{{ end }} to it, or choose another template`, lacks[0]),
			"%s: templates/%s does not define %s, which msgtype %s needs", path, f.file, strings.Join(lacks, " and "), kind.Name)
	}
}

// familiesOf returns the families that a rule may use, each with the kinds of
// source whose events may come to it.
func (l *loader) familiesOf(r *rule) map[*family][]string {
	sources, kinds := l.t.keys.pinned(r.tests, "source"), l.t.keys.pinned(r.tests, "kind")
	list := map[*family][]string{}
	for _, s := range l.cfg.Sources {
		if sources != nil && !slices.Contains(sources, s.Name) || kinds != nil && !slices.Contains(kinds, s.Type) {
			continue
		}
		name := r.family
		if name == "" {
			name = s.Type
		}
		if f := l.t.families[name]; f != nil && !slices.Contains(list[f], s.Type) {
			list[f] = append(list[f], s.Type)
		}
	}
	return list
}

func (l *loader) familyNames() []string {
	var list []string
	for name := range l.t.families {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// asksFirst warns of a rule that reads a payload without asking whose it is.
func (l *loader) asksFirst(r *rule, c *config.Rule, path string) {
	if len(l.cfg.Sources) < 2 {
		return
	}
	asked := false
	if r.when != nil {
		for _, n := range conjuncts(r.when.node) {
			x := &expression{node: n}
			if !asked && x.names("payload", "item") && !x.names("source", "kind", "event") {
				l.warnUnasked(path+".when", c.When.At)
				return
			}
			asked = asked || x.names("source", "kind", "event")
		}
	}
	for _, to := range r.to {
		if !asked && to.expression.names("payload", "item") {
			l.warnUnasked(path+".to", c.At)
			return
		}
	}
}

func (l *loader) warnUnasked(path string, at config.Pos) {
	l.faults.Warn(at, fmt.Sprintf(`begin the when with source == %q &&`, l.cfg.Sources[0].Name),
		"%s reads the payload without asking which source it is from", path)
}

func isText(t reflect.Type) bool { return t.Kind() == reflect.String || t == anyType }

// describeType says what an expression gives.
func describeType(t reflect.Type) string {
	if t == nil || t == anyType {
		return "of any kind"
	}
	return typeName(reflect.Zero(t).Interface())
}

func at(s config.Scalar, c *config.Rule) config.Pos {
	if s.At.Line != 0 {
		return s.At
	}
	return c.At
}

// reachable warns of rules below one that matches everything.
func (l *loader) reachable() {
	for i := range l.t.rules {
		r, c := &l.t.rules[i], &l.cfg.Rules[i]
		always := strings.TrimSpace(c.When.Value)
		if (always != "" && always != "true") || r.goOn || i+1 == len(l.t.rules) {
			continue
		}
		l.faults.Warn(l.cfg.Rules[i+1].At, fmt.Sprintf("move %q to the end, or give it continue: true", r.name),
			"rules[%d] and below are never asked: rules[%d] (%s) matches everything", i+1, i, r.name)
		return
	}
}
