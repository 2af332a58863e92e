package cli

import (
	"cmp"
	"encoding/json"
	"fmt"

	"workbell/bridge"
)

type checkCmd struct {
	fileFlags
	outputFlag
	Sandbox bool `name:"sandbox" help:"Check what serve --sandbox would load: credentials and secrets may be missing."`
}

// checkedFault is one fault as --output=json prints it.
type checkedFault struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy,omitempty"`
	Warning bool   `json:"warning"`
}

// Run prints every fault and warning; it fails if there is a fault.
func (c *checkCmd) Run(env Env) error {
	files, err := c.files(env, c.Sandbox)
	if err != nil {
		return err
	}
	plan, faults := bridge.LoadPlan(files)
	fatal, warnings := split(faults)
	if c.Output == "json" {
		list := []checkedFault{}
		for _, f := range faults {
			list = append(list, checkedFault{f.At.File, f.At.Line, f.At.Column, f.Problem, f.Remedy, f.Warning})
		}
		if err := json.NewEncoder(env.Stdout).Encode(map[string]any{"ok": len(fatal) == 0, "faults": list}); err != nil {
			return err
		}
	} else {
		for _, f := range faults {
			_, _ = fmt.Fprintln(env.Stdout, f.Error())
		}
		if plan != nil {
			_, _ = fmt.Fprintf(env.Stdout, "%s: %s, %s, %s; %s\n", cmp.Or(files.Config, "built-in rules"), count(len(plan.Config.Sources), "source"),
				count(len(plan.Config.Rules), "rule"), count(len(plan.Config.Groups), "group"), verdict(len(warnings)))
		} else {
			_, _ = fmt.Fprintf(env.Stdout, "%s: %s\n", files.Config, count(len(fatal), "fault"))
		}
	}
	if len(fatal) > 0 {
		return errSaid
	}
	return nil
}

func verdict(warnings int) string {
	if warnings == 0 {
		return "no faults"
	}
	return "no faults, " + count(warnings, "warning")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
