package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	// TemplateID is the value of a template message that names the template. It
	// is no field of templates: rules.yaml gives it.
	TemplateID = "template_id"
	// DataField begins the names of a template message's fields: data.NAME.
	DataField = "data."
	// maxSkeleton is how many bytes a template message may take without its
	// values.
	maxSkeleton = 600
)

// templateKind is what third-party apps send (official page sendbytemplate).
// Its body has the form of the other kinds, so that it is kept, fitted and
// marked like them; TemplateOf takes it apart for the call.
var templateKind = Kind{
	Name: "template", open: DataField,
	make: makeTemplate,
	zero: func() body { return new(templateBody) },
}

type templateBody struct {
	ID   string     `json:"template_id"`
	Data parameters `json:"data"`
}

// parameters are the template's, by name.
type parameters []parameter

type parameter struct{ name, value string }

func (ps parameters) MarshalJSON() ([]byte, error) {
	data := make(map[string]string, len(ps))
	for _, p := range ps {
		data[p.name] = p.value
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(data)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (ps *parameters) UnmarshalJSON(text []byte) error {
	var data map[string]string
	if err := json.Unmarshal(text, &data); err != nil {
		return err
	}
	*ps = (*ps)[:0]
	for _, name := range slices.Sorted(maps.Keys(data)) {
		*ps = append(*ps, parameter{name, data[name]})
	}
	return nil
}

func makeTemplate(v Values, _ string) (body, error) {
	t := &templateBody{ID: line(v[TemplateID])}
	for _, field := range slices.Sorted(maps.Keys(v)) {
		if name, is := strings.CutPrefix(field, DataField); is {
			t.Data = append(t.Data, parameter{name, lines(v[field], false)})
		}
	}
	return t, nil
}

func (t *templateBody) msgtype() string { return "template" }

// texts are the values, but not those that are an URL: cut, it leads nowhere.
func (t *templateBody) texts() []text {
	var all []text
	for i := range t.Data {
		if p := &t.Data[i]; openable(p.value) != p.value || p.value == "" {
			all = append(all, text{&p.value, false})
		}
	}
	return all
}

// visible is the longest text.
func (t *templateBody) visible() *text {
	texts := t.texts()
	if len(texts) == 0 {
		return nil
	}
	longest := slices.MaxFunc(texts, func(a, b text) int { return jsonLength(*a.s) - jsonLength(*b.s) })
	return &longest
}

func (t *templateBody) linked(string) (bool, *text) { return true, nil }

func (t *templateBody) unlink() {
	for i := range t.Data {
		if p := &t.Data[i]; openable(p.value) == p.value {
			p.value = short(p.value, "")
		}
	}
}

// squeeze makes t fit where its texts have to be shorter than people can read:
// there is no plain text to fall back to, since its app can send none.
func (t *templateBody) squeeze(max int) Built {
	for over := len(encode(t)) - max; over > 0; over = len(encode(t)) - max {
		texts := t.texts()
		was := make([]string, len(texts))
		for i, x := range texts {
			was[i] = *x.s
		}
		if level, _ := levelFor(was, over); level > len(ellipsis) {
			for _, x := range texts {
				*x.s = cut(x, level)
			}
			continue
		}
		longest := slices.MaxFunc(t.Data, func(a, b parameter) int { return len(a.value) - len(b.value) })
		if longest.value == "" {
			break // all that is left are the names, which check bounds
		}
		for i := range t.Data {
			if t.Data[i] == longest {
				t.Data[i].value = ""
			}
		}
	}
	return Built{Body: encode(t), Msgtype: t.msgtype()}
}

var (
	// ParameterName is the form of a parameter's name in a DingTalk template.
	ParameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	templateID    = regexp.MustCompile(`^[!-~]{1,128}$`)
)

// CheckTemplateID returns what is wrong with a template's id.
func CheckTemplateID(id string) error {
	if !templateID.MatchString(id) || strings.ContainsAny(id, `"\`) {
		return fmt.Errorf("template_id is %q: write the id that DingTalk's developer console shows for the template", CutRunes(id, 40))
	}
	return nil
}

func (t *templateBody) check() error {
	bare := templateBody{ID: t.ID, Data: slices.Clone(t.Data)}
	for i, p := range t.Data {
		if !ParameterName.MatchString(p.name) {
			return fmt.Errorf("data.%s: a parameter's name has letters, digits and _ only, and does not begin with a digit", CutRunes(line(p.name), 40))
		}
		bare.Data[i].value = ""
	}
	if len(encode(&bare)) > maxSkeleton {
		return errors.New("the names of the parameters leave no room for their values: write fewer, or shorter ones")
	}
	return CheckTemplateID(t.ID)
}

// TemplateOf takes apart the body of a template message: the template's id and
// its data, a JSON object of texts.
func TemplateOf(msg []byte) (id string, data []byte, err error) {
	b, err := decode(msg)
	if err != nil {
		return "", nil, err
	}
	t, ok := b.(*templateBody)
	if !ok {
		return "", nil, fmt.Errorf("msg is of msgtype %q, and not a template message", b.msgtype())
	}
	data, err = t.Data.MarshalJSON()
	return t.ID, data, err
}
