package transform

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"workbell/config"
	"workbell/message"
)

// maxID is the most bytes of a user id (getbymobile and user/get of the
// official pages).
const maxID = 64

// rootDept is the department that everyone is in.
const rootDept = 1

// book knows the people and groups of rules.yaml.
type book struct {
	people   map[string]message.Recipients // by name in lower case
	groups   map[string]message.Recipients
	everyone bool // some group says everyone: true
	names    []string
	sizes    map[int64]int // of departments, as groups give them
}

// newBook reads people and groups, and adds what is wrong with them.
func newBook(cfg *config.Config, faults *config.Faults) *book {
	b := &book{people: map[string]message.Recipients{}, groups: map[string]message.Recipients{}, sizes: map[int64]int{}}
	for name, s := range cfg.People {
		who, err := person(s.Value)
		if err != nil {
			faults.Add(s.At, "write a user id, or mobile:NUMBER", "people.%s: %v", name, err)
		}
		b.people[strings.ToLower(name)] = who
		b.names = append(b.names, name)
	}
	slices.Sort(b.names)
	for _, g := range cfg.Groups {
		for _, d := range g.Depts {
			b.sizes[d.ID] = max(b.sizes[d.ID], d.Size)
		}
		b.everyone = b.everyone || g.Everyone
	}
	for name, g := range cfg.Groups {
		b.groups[name] = b.readGroup(name, g, faults)
	}
	return b
}

// person reads a value of people: a user id, or mobile:NUMBER.
func person(value string) (message.Recipients, error) {
	if number, ok := strings.CutPrefix(value, "mobile:"); ok {
		number, err := mobile(number)
		return message.Recipients{Mobiles: []string{number}}, err
	}
	id, err := userID(value)
	if err == nil && id == "" {
		err = fmt.Errorf("no user id is given")
	}
	return message.Recipients{Users: []string{id}}, err
}

func (b *book) readGroup(name string, g config.Group, faults *config.Faults) message.Recipients {
	to := message.Recipients{Everyone: g.Everyone}
	add := func(at config.Pos, who message.Recipients, err error, remedy string) {
		if err != nil {
			faults.Add(at, remedy, "groups.%s: %v", name, err)
			return
		}
		to = to.Union(who)
	}
	for _, s := range g.Users {
		id, err := userID(s.Value)
		add(s.At, message.Recipients{Users: []string{id}}, err, "write user ids, as DingTalk's address book shows them")
	}
	for _, d := range g.Depts {
		add(d.At, message.Recipients{Depts: []message.Dept{{ID: d.ID, Size: d.Size}}}, nil, "")
	}
	for _, s := range g.People {
		who, ok := b.people[strings.ToLower(s.Value)]
		var err error
		if !ok {
			err = fmt.Errorf("unknown person %q", s.Value)
		}
		add(s.At, who, err, config.DidYouMean(s.Value, b.names))
	}
	for _, s := range g.Mobiles {
		number, err := mobile(s.Value)
		add(s.At, message.Recipients{Mobiles: []string{number}}, err, `write a telephone number in quotes: "13800000003"`)
	}
	return to
}

func userID(s string) (string, error) {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsAny(s, ", "):
		return "", fmt.Errorf("the user id %.70q has characters that no user id has", s)
	case len(s) > maxID:
		return "", fmt.Errorf("the user id %.70q has %d bytes, which is more than %d", s, len(s), maxID)
	}
	return s, nil
}

var mobileShape = regexp.MustCompile(`^\+?[0-9][0-9-]{3,22}$`)

func mobile(s string) (string, error) {
	if s = strings.TrimSpace(s); !mobileShape.MatchString(s) {
		return "", fmt.Errorf("%.40q is no telephone number", s)
	}
	return s, nil
}

// ref resolves a literal reference: a group's name, or kind:id.
func (b *book) ref(s string) (message.Recipients, error) {
	kind, id, ok := strings.Cut(s, ":")
	if !ok {
		kind, id = "group", s
	}
	switch kind {
	case "group":
		return b.group(id)
	case "user":
		return b.user(id)
	case "dept":
		return b.dept(id)
	case "person":
		return b.person(id)
	case "mobile":
		number, err := mobile(id)
		return message.Recipients{Mobiles: []string{number}}, err
	}
	return message.Recipients{}, &unknown{"kind of recipient", kind, []string{"user", "dept", "group", "person", "mobile"}}
}

// unknown is a name that is not known, with those that are.
type unknown struct {
	what, name string
	known      []string
}

func (u *unknown) Error() string { return fmt.Sprintf("unknown %s %.70q", u.what, u.name) }

func (b *book) user(id string) (message.Recipients, error) {
	id, err := userID(id)
	return message.Recipients{Users: []string{id}}, err
}

func (b *book) dept(id string) (message.Recipients, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	switch {
	case err != nil || n <= 0:
		return message.Recipients{}, fmt.Errorf("%.40q is no department id: it is a number", id)
	case n == rootDept:
		return message.Recipients{}, fmt.Errorf("department 1 is the whole organisation: only a group of rules.yaml may name it")
	}
	return message.Recipients{Depts: []message.Dept{{ID: n, Size: b.sizes[n]}}}, nil
}

func (b *book) group(name string) (message.Recipients, error) {
	who, ok := b.groups[name]
	if !ok {
		return who, &unknown{"group", name, slices.Sorted(maps.Keys(b.groups))}
	}
	return who, nil
}

func (b *book) person(name string) (message.Recipients, error) {
	who, ok := b.people[strings.ToLower(name)]
	if !ok {
		return who, &unknown{"person", name, b.names}
	}
	return who, nil
}

// chosen is group for a name that an event may have chosen.
func (b *book) chosen(name string) (message.Recipients, error) {
	who, err := b.group(name)
	if err == nil && wide(who) {
		return message.Recipients{}, fmt.Errorf("%q holds everyone, which no event may choose: write group(%q) as it stands, with a condition around it", name, name)
	}
	return who, err
}

// literalGroup is what group is called within, where its arguments are literal:
// only then may it be a group of everyone.
const literalGroup = "_group"

// literals has calls of group with literal arguments call literalGroup.
type literals struct{}

// Visit is ast.Visitor's.
func (literals) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if ok && callee.Value == "group" && !slices.ContainsFunc(call.Arguments, func(arg ast.Node) bool { return !isLiteral(arg) }) {
		callee.Value = literalGroup
	}
}

// isLiteral says whether a node is a text, or a list of texts.
func isLiteral(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.StringNode:
		return true
	case *ast.ArrayNode:
		return !slices.ContainsFunc(n.Nodes, func(e ast.Node) bool { return !isLiteral(e) })
	}
	return false
}

// functions are those of recipients: user(x), dept(x), group(x), person(x),
// each of texts, numbers and lists of these, and everyone().
func (b *book) functions() []expr.Option {
	each := func(name string, one func(string) (message.Recipients, error)) expr.Option {
		return expr.Function(name, func(args ...any) (any, error) {
			var to message.Recipients
			ids, err := references(nil, args)
			if err != nil {
				return nil, fmt.Errorf("%s(): %w", name, err)
			}
			for _, id := range ids {
				who, err := one(id)
				if err != nil {
					return nil, fmt.Errorf("%s(): %w", name, err)
				}
				to = to.Union(who)
			}
			return to, nil
		}, new(func(...any) message.Recipients))
	}
	return []expr.Option{
		each("user", b.user), each("dept", b.dept), each("group", b.chosen), each("person", b.person),
		each(literalGroup, b.group), expr.Patch(literals{}),
		expr.Function("everyone", func(...any) (any, error) {
			if !b.everyone {
				return nil, errEveryone
			}
			return message.Recipients{Everyone: true}, nil
		}, new(func() message.Recipients)),
	}
}

var errEveryone = fmt.Errorf("everyone() needs a group of rules.yaml that says everyone: true")

// references splits what a function of recipients is given at commas, trims,
// and drops what is empty or nil.
func references(ids []string, args []any) ([]string, error) {
	for _, arg := range args {
		var err error
		switch arg := arg.(type) {
		case nil:
		case string:
			for part := range strings.SplitSeq(arg, ",") {
				if part = strings.TrimSpace(part); part != "" {
					ids = append(ids, part)
				}
			}
		case int:
			ids = append(ids, strconv.Itoa(arg))
		case int64:
			ids = append(ids, strconv.FormatInt(arg, 10))
		case []string:
			for _, s := range arg {
				if ids, err = references(ids, []any{s}); err != nil {
					return nil, err
				}
			}
		case []any:
			if ids, err = references(ids, arg); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("a text, a number or a list of these is needed, not %s", typeName(arg))
		}
	}
	return ids, nil
}

// typeName is what rules.yaml's users call a Go type.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case int, int64, float64:
		return "a number"
	case []any, []string, []alert:
		return "a list"
	case map[string]any, map[string]string:
		return "an object"
	case message.Recipients:
		return "recipients"
	case alert:
		return "an alert"
	}
	return fmt.Sprintf("%T", v)
}
