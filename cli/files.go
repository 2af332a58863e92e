package cli

import (
	"workbell/bridge"
	"workbell/config"
	"workbell/routes"
)

// files resolves the file flags. A missing rules.yaml is wrong use, except in
// the sandbox, where the embedded one serves; a missing templates folder is as
// good as an empty one, unless it was named.
func (f fileFlags) files(env Env, sandbox bool) (bridge.Files, error) {
	files := bridge.Files{Config: f.Config, Templates: f.Templates, Embedded: env.Embedded, Sandbox: sandbox}
	if !exists(f.Config) {
		if !sandbox || f.Config != "rules.yaml" {
			return files, wrongUse("%s is not there: name your rules with --config.file, or try workbell with `workbell serve --sandbox`, which needs none", f.Config)
		}
		files.Config = ""
	}
	if !exists(f.Templates) {
		if f.Templates != "templates" {
			return files, wrongUse("the folder %s is not there: create it, or leave out --templates", f.Templates)
		}
		files.Templates = ""
	}
	return files, nil
}

// plan loads rules and templates, or fails with every fault, one a line.
func (f fileFlags) plan(env Env) (*routes.Plan, error) {
	files, err := f.files(env, false)
	if err != nil {
		return nil, err
	}
	plan, faults := bridge.LoadPlan(files)
	if plan == nil {
		return nil, exit{FellShort, faults.Fatal()}
	}
	return plan, nil
}

// split parts warnings from what is fatal.
func split(faults config.Faults) (fatal, warnings config.Faults) {
	for _, f := range faults {
		if f.Warning {
			warnings = append(warnings, f)
		} else {
			fatal = append(fatal, f)
		}
	}
	return fatal, warnings
}
