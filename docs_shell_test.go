package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"workbell/docs/doctest"
)

var (
	// offline are the commands that need neither a running bridge nor DingTalk.
	offline = regexp.MustCompile(`(?m)^ *(?:\./)?workbell ((?:check|test|render|schema|version)\b[^#|>\n]*)`)
	posted  = regexp.MustCompile(`(?s)/hooks/(\w+).*? -d '(\{.*?\})'\n`)
	wanting = regexp.MustCompile(`(^|=)[A-Z]+$`) // FILE: what a reader puts in
	given   = regexp.MustCompile(`\$\{(\w+)\}`)
)

// shell has a shell read commands, and runs those that can be run here: on the
// rules, templates and tests that the document has shown before, with a
// payload.json of the source that they name. What a curl posts is rendered.
// That all of them are understood, package cli tests.
func (d *desk) shell(b doctest.Block) {
	d.Helper()
	sh := exec.Command("sh", "-n")
	sh.Stdin = strings.NewReader(b.Text)
	if out, err := sh.CombinedOutput(); err != nil {
		d.Errorf("%s: %v\n%s", b.At, err, out)
	}
	for _, m := range offline.FindAllStringSubmatch(b.Text, -1) {
		args := strings.Fields(m[1])
		if slices.ContainsFunc(args, func(a string) bool { return wanting.MatchString(a) }) {
			continue
		}
		if i := slices.Index(args, "--source"); i >= 0 {
			writeFile(d.T, d.dir, "payload.json", examplePayload(d.T, args[i+1]))
		}
		d.run(b.At, args...)
	}
	if m := posted.FindStringSubmatch(b.Text); m != nil {
		writeFile(d.T, d.dir, "posted.json", m[2])
		d.run(b.At, "render", "--source="+m[1], "posted.json")
	}
}

// run runs a command of workbell in the desk's folder. Paths of deploy/ are
// this repository's.
func (d *desk) run(at string, args ...string) {
	d.Helper()
	here, err := os.Getwd()
	if err != nil {
		d.Fatal(err)
	}
	if !exists(filepath.Join(d.dir, "rules.yaml")) {
		writeFile(d.T, d.dir, "rules.yaml", frame)
	}
	cmd := exec.Command(os.Args[0])
	for _, a := range args {
		cmd.Args = append(cmd.Args, regexp.MustCompile(`(^|=)deploy/`).ReplaceAllString(a, "${1}"+here+"/deploy/"))
	}
	cmd.Dir, cmd.Env = d.dir, append(os.Environ(), actAsWorkbell+"=1")
	for _, rules := range []string{"deploy/senders/rules.yaml", filepath.Join(d.dir, "rules.yaml")} {
		for _, m := range given.FindAllStringSubmatch(readFile(d.T, rules), -1) {
			cmd.Env = append(cmd.Env, m[1]+"=given")
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		d.Errorf("%s: workbell %s: %v\n%s", at, strings.Join(args, " "), err, out)
	}
	d.did["ran"]++
}
