package bridge

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"workbell/config"
	"workbell/media"
	"workbell/routes"
	"workbell/secret"
	"workbell/source"
	"workbell/transform"
)

// Files say where the user's rules and templates are.
type Files struct {
	Config    string // rules.yaml; empty: the embedded one
	Templates string // a folder, laid over the embedded one; empty or missing: none
	Embedded  fs.FS  // holds rules.yaml and templates/
	Sandbox   bool   // see config.Options
	// Trusted makes the sources take payloads without credentials: for commands
	// that read them from files and receive nothing.
	Trusted bool
	// ReadFile reads the files that rules.yaml names (…_file); nil: os.ReadFile.
	ReadFile func(name string) ([]byte, error)
	// ListMedia lists the files of media_dir; nil: media.Load.
	ListMedia func(dir string) ([]media.File, error)
}

// LoadPlan loads all that `serve` would: rules, secrets' files, templates. The
// plan is nil if a fault is fatal.
func LoadPlan(f Files) (*routes.Plan, config.Faults) {
	data, name, err := f.rules()
	if err != nil {
		return nil, config.Faults{{At: config.Pos{File: f.Config}, Problem: err.Error(), Remedy: "name it with --config.file"}}
	}
	plan, faults := f.compile(data, config.Options{File: name, Sandbox: f.Sandbox, ReadFile: f.ReadFile}, f.templates())
	plan.Media = f.loadMedia(plan.Config, &faults)
	if plan.Transform != nil && len(plan.Media) > 0 {
		kinds := make(map[string]string, len(plan.Media))
		for _, f := range plan.Media {
			kinds[f.Name] = string(f.Kind)
		}
		faults = append(faults, plan.Transform.CheckMedia(kinds)...)
	}
	faults.Sort()
	if faults.Fatal() != nil {
		return nil, faults
	}
	return plan, faults
}

// compile makes a plan of texts. It is usable only if the faults hold nothing
// fatal, and has no media.
func (f Files) compile(rules []byte, o config.Options, templates fs.FS) (*routes.Plan, config.Faults) {
	cfg, faults := config.Load(rules, o)
	sources := f.loadSources(cfg, &faults)
	t, more := transform.Load(cfg, templates)
	return &routes.Plan{Sources: sources, Transform: t, Config: cfg}, append(faults, more...)
}

// loadMedia lists the files of media_dir. One that no message can use is a
// warning; that the folder is missing, a fault.
func (f Files) loadMedia(cfg *config.Config, faults *config.Faults) []media.File {
	dir, list := cfg.MediaDir, f.ListMedia
	if dir.Value == "" {
		return nil
	}
	if list == nil {
		list = media.Load
	}
	files, err := list(dir.Value)
	var many interface{ Unwrap() []error }
	switch {
	case err == nil:
	case errors.As(err, &many):
		for _, e := range many.Unwrap() {
			faults.Warn(dir.At, "no message can name it until that is mended", "media_dir: %v", e)
		}
	default:
		faults.Add(dir.At, "make the folder, or leave media_dir out", "media_dir: %v", err)
	}
	return files
}

func (f Files) rules() (data []byte, name string, err error) {
	if f.Config == "" {
		data, err = fs.ReadFile(f.Embedded, "rules.yaml")
		return data, "rules.yaml (embedded)", err
	}
	file, err := os.Open(f.Config)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = file.Close() }()
	data, err = io.ReadAll(io.LimitReader(file, config.MaxFile+1))
	return data, f.Config, err
}

func (f Files) templates() fs.FS {
	below, err := fs.Sub(f.Embedded, "templates")
	if err != nil {
		below = f.Embedded
	}
	if f.Templates == "" {
		return below
	}
	return overlay{top: os.DirFS(f.Templates), below: below}
}

// loadSources makes the sources, and puts the faults of their expressions where
// the user wrote them.
func (f Files) loadSources(cfg *config.Config, faults *config.Faults) map[string]*source.Source {
	sources := map[string]*source.Source{}
	for i := range cfg.Sources {
		c := &cfg.Sources[i]
		if f.Trusted || f.Sandbox && !complete(&c.Auth) {
			c.Auth = config.Auth{None: true, At: c.Auth.At}
		}
		s, err := source.New(spec(c, cfg.DingTalk.Location))
		if err != nil {
			sourceFaults(c, fmt.Sprintf("sources[%d]", i), err, faults)
			continue
		}
		sources[c.Name] = s
	}
	return sources
}

// complete says whether all is there that a way of authentication needs; in the
// sandbox it may not be, since variables and files are not read.
func complete(a *config.Auth) bool {
	lacks := func(secrets []secret.Secret) bool {
		return len(secrets) == 0 || slices.ContainsFunc(secrets, secret.Secret.Empty)
	}
	switch {
	case a.Basic != nil:
		return a.Basic.Username != "" && !a.Basic.Password.Empty()
	case a.HMAC != nil:
		return a.HMAC.Header != "" && !lacks(a.HMAC.Secrets)
	case a.StandardWebhooks != nil:
		return !lacks(a.StandardWebhooks.Secrets)
	case len(a.Secrets) > 0:
		return !lacks(a.Secrets)
	}
	return true // a bearer token, or none
}

func sourceFaults(c *config.Source, path string, err error, faults *config.Faults) {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, e := range many.Unwrap() {
			sourceFaults(c, path, e, faults)
		}
		return
	}
	var fe *source.FieldError
	switch {
	case errors.As(err, &fe) && (fe.Field == "type" || strings.HasPrefix(fe.Field, "auth")):
		if !faulty(*faults, path+"."+fe.Field) && !faulty(*faults, path+".auth") { // else config has said so
			at := c.Auth.At
			if at.Line == 0 || fe.Field == "type" {
				at = c.At
			}
			faults.Add(at, "", "%s.%s: %s", path, fe.Field, fe.Problem)
		}
	case errors.As(err, &fe) && fe.Field == "each":
		faults.Add(c.Each.Place(fe.Line, fe.Column), "", "%s.each: %s", path, fe.Problem)
	case errors.As(err, &fe):
		field := c.Fields[strings.TrimPrefix(fe.Field, "fields.")]
		faults.Add(field.Place(fe.Line, fe.Column), "", "%s.%s: %s", path, fe.Field, fe.Problem)
	default:
		faults.Add(c.At, "", "%s: %v", path, err)
	}
}

// faulty says whether a fault that is no warning begins with about.
func faulty(faults config.Faults, about string) bool {
	return slices.ContainsFunc(faults, func(f config.Fault) bool { return !f.Warning && strings.HasPrefix(f.Problem, about) })
}

// spec is what rules.yaml says of a source, in source's own words.
func spec(c *config.Source, zone *time.Location) source.Spec {
	s := source.Spec{
		Name: c.Name, Kind: c.Type, DedupWindow: c.DedupWindow, MaxBody: int64(c.MaxBody), Each: c.Each.Value,
		Auth:  source.Auth{BearerToken: c.Auth.BearerToken, Secrets: c.Auth.Secrets},
		Every: c.Every, Grace: c.Grace, Severity: c.Severity, Title: c.Title, URL: c.URL, Zone: zone,
	}
	for name, f := range c.Fields {
		if s.Fields == nil {
			s.Fields = map[string]string{}
		}
		s.Fields[name] = f.Value
	}
	if b := c.Auth.Basic; b != nil {
		s.Auth.Basic = &source.Basic{Username: b.Username, Password: b.Password}
	}
	if h := c.Auth.HMAC; h != nil {
		s.Auth.HMAC = &source.HMAC{Header: h.Header, Secrets: h.Secrets}
	}
	if w := c.Auth.StandardWebhooks; w != nil {
		s.Auth.StandardWebhooks = &source.StandardWebhooks{Secrets: w.Secrets}
	}
	return s
}
