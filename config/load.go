package config

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Options say where Load gets what rules.yaml points to.
type Options struct {
	File     string                            // the name that faults give
	Getenv   func(name string) (string, bool)  // default os.LookupEnv
	ReadFile func(name string) ([]byte, error) // for …_file; default os.ReadFile
	// Sandbox replaces base_url and the apps' credentials: their variables and
	// files are not read, nor demanded.
	Sandbox bool
}

// MaxFile is the most bytes that rules.yaml may have.
const MaxFile = 8 << 20

// Load decodes rules.yaml, fills in the defaults and checks all that needs no
// expression. The Config is usable only if the faults hold nothing fatal.
func Load(data []byte, o Options) (*Config, Faults) {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	d := &decoder{Options: o, lines: strings.Split(string(data), "\n"), places: map[string]Pos{}}
	var c Config
	if len(data) > MaxFile {
		d.faults.Add(Pos{File: o.File}, "split it", "the file has more than %d bytes", MaxFile)
		return &c, d.faults
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		d.syntax(err)
		return &c, d.faults
	}
	if len(doc.Content) > 0 {
		d.value(doc.Content[0], reflect.ValueOf(&c).Elem(), "")
	}
	c.defaults()
	d.validate(&c)
	d.faults.Sort()
	return &c, d.faults
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

func (d *decoder) syntax(err error) {
	p, problem := Pos{File: d.File}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		problem = m[2]
	}
	if strings.HasPrefix(problem, "unknown anchor") { // it names the value, which may be a secret
		problem = "a value begins with *, and so stands for another that is not there (quote it, if * is its first character)"
	}
	d.faults.Add(p, "check indentation, quotes and colons there and in the line above", "not YAML: %s", problem)
}
