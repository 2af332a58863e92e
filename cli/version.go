package cli

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
)

// Version is what `workbell version` prints.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// BuildVersion reads the version out of the binary. version and commit are what the
// linker was told (-ldflags "-X main.version=… -X main.commit=…"), empty otherwise.
func BuildVersion(version, commit string) Version {
	v := Version{Version: version, Commit: commit}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v.Commit == "" {
			v.Commit = s.Value
		}
	}
	return v
}

type versionCmd struct{ outputFlag }

// Run prints the version.
func (c *versionCmd) Run(env Env) error {
	v := env.Version
	if c.Output == "json" {
		return json.NewEncoder(env.Stdout).Encode(v)
	}
	commit := ""
	if v.Commit != "" {
		commit = ", commit " + v.Commit
	}
	_, err := fmt.Fprintf(env.Stdout, "workbell %s%s, %s\n", v.Version, commit, v.Go)
	return err
}
