package main

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mostBytes is how large the binary may be.
const mostBytes = 30_000_000

// releaseConfig is what the tests read of .goreleaser.yaml.
type releaseConfig struct {
	Builds []struct {
		Env, Goos, Goarch, Flags, Ldflags []string
	}
	Archives []struct{ Files []struct{ Src string } }
	Sboms    []struct {
		Cmd  string
		Args []string
	}
	Nfpms []struct{ Contents []packed }
}

type packed struct {
	Src, Dst, Type string
	Info           struct{ Mode int } `yaml:"file_info"`
}

func readReleaseConfig(t *testing.T) (c releaseConfig) {
	t.Helper()
	decodeYAML(t, readFile(t, ".goreleaser.yaml"), &c)
	if len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.Sboms) != 1 || len(c.Nfpms) != 1 {
		t.Fatalf("%+v", c)
	}
	return c
}

// buildRelease builds the binary as a release does, out of a copy of this source in
// a folder of its own, and names it. No network is there.
func buildRelease(t *testing.T, folder string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), folder)
	files, err := exec.Command("git", "ls-files", "-z", "--", ":!*_test.go", ":!*/testdata/*", ":!docs/screenshots", ":!deploy", ":!tools").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(files), "\x00"), "\x00") {
		if exists(name) {
			writeFile(t, dir, name, readFile(t, name))
		}
	}
	b := readReleaseConfig(t).Builds[0]
	ldflags := strings.NewReplacer("{{ .Version }}", "1.2.3", "{{ .FullCommit }}", "0123abc").Replace(b.Ldflags[0])
	cmd := exec.Command("go", append(append([]string{"build"}, b.Flags...), "-ldflags", ldflags, "-o", "workbell", ".")...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOPROXY=off", "GOWORK=off"), b.Env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "workbell")
}

// TestRelease builds the binary twice, in different folders: the bytes are the same,
// it is small, needs no library of the system's, says what it is, and its bill of
// materials has what is linked into it.
func TestRelease(t *testing.T) {
	t.Parallel()
	binary := buildRelease(t, "one")
	text := readFile(t, binary)
	if other := readFile(t, buildRelease(t, "somewhere/else")); text != other {
		t.Error("two builds of the same source differ")
	}
	if len(text) > mostBytes {
		t.Errorf("the binary has %d bytes, more than %d", len(text), mostBytes)
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	libraries, err := f.ImportedLibraries()
	dynamic := slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if len(libraries) > 0 || dynamic {
		t.Errorf("the binary is not static: %v %v", libraries, err)
	}
	out, err := exec.Command(binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "workbell 1.2.3, commit 0123abc, go1.") {
		t.Errorf("version says %q %v", out, err)
	}
	checkMaterials(t, binary)
}

// checkMaterials makes binary's bill of materials as a release does and holds it
// against what Go has noted in the binary.
func checkMaterials(t *testing.T, binary string) {
	t.Helper()
	s := readReleaseConfig(t).Sboms[0]
	document := filepath.Join(t.TempDir(), "sbom.json")
	fill := strings.NewReplacer("$document", document, "$artifact", binary, "{{ .Version }}", "1.2.3")
	var args []string
	for _, a := range s.Args {
		args = append(args, fill.Replace(a))
	}
	cmd := exec.Command(tool(t, s.Cmd), args...)
	cmd.Dir, cmd.Env = "docs", append(os.Environ(), "GOPROXY=off") // goreleaser runs it in dist/
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"std@" + info.GoVersion: true}
	for _, m := range info.Deps {
		want[m.Path+"@"+m.Version] = true
	}
	checkBill(t, readFile(t, document), "v1.2.3", want)
}

// checkBill reads a bill of materials of a version: it has these modules, each with a licence.
func checkBill(t *testing.T, text, version string, want map[string]bool) {
	t.Helper()
	var bill struct {
		Format     string `json:"bomFormat"`
		Metadata   struct{ Component struct{ Version string } }
		Components []struct {
			Name, Version, Purl string
			Licenses            []any
		}
	}
	if err := json.Unmarshal([]byte(text), &bill); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, c := range bill.Components {
		got[c.Name+"@"+c.Version] = true
		if len(c.Licenses) == 0 {
			t.Errorf("%s has no licence", c.Name)
		}
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); bill.Format != "CycloneDX" || bill.Metadata.Component.Version != version || d != "" {
		t.Errorf("%s (-in the binary +in the bill):\n%s", bill.Format, d)
	}
}

// TestReleaseConfig holds .goreleaser.yaml against the files that are there, and its
// packages against the one of deploy/nfpm.yaml.
func TestReleaseConfig(t *testing.T) {
	t.Parallel()
	c := readReleaseConfig(t)
	b := c.Builds[0]
	if d := cmp.Diff([][]string{{"linux", "darwin", "windows"}, {"amd64", "arm64"}, {"CGO_ENABLED=0"}}, [][]string{b.Goos, b.Goarch, b.Env}); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	var plain struct{ Contents []packed }
	decodeYAML(t, readFile(t, "deploy/nfpm.yaml"), &plain)
	for _, p := range plain.Contents[1:] { // the first is the binary
		if !slices.Contains(c.Nfpms[0].Contents, p) {
			t.Errorf("the release's packages lack %+v", p)
		}
	}
	made := readFile(t, "Makefile")
	check := func(src string) {
		if name, ours := strings.CutPrefix(src, ".release/"); ours {
			if !strings.Contains(made, ".release/"+strings.Split(strings.TrimSuffix(name, ".gz"), "/")[0]) {
				t.Errorf("make release-files does not make %s", src)
			}
		} else if found, _ := filepath.Glob(src); len(found) == 0 {
			t.Errorf("%s is not there", src)
		}
	}
	for _, f := range c.Archives[0].Files {
		check(f.Src)
	}
	for _, p := range c.Nfpms[0].Contents {
		check(p.Src)
	}
}

// TestLicences has the licence of everything linked into the binary checked, and
// every text of one in what goes into the archives.
func TestLicences(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "THIRD_PARTY.txt")
	cmd := exec.Command(tool(t, "audit"), "licences", file)
	cmd.Env = append(os.Environ(), "GOPROXY=off")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	text := readFile(t, file)
	info, err := buildinfo.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < 100_000 || !strings.Contains(text, "std (BSD-3-Clause)") || !strings.Contains(text, "htmx (0BSD)") {
		t.Errorf("texts are missing:\n%.2000s", text)
	}
	for _, m := range info.Deps {
		if name := m.Path + " " + m.Version; !strings.Contains(text, name) && !testsOnly[m.Path] {
			t.Errorf("the licence of %s is not there", name)
		}
	}
}

// testsOnly are modules that tests link, and the program does not.
var testsOnly = map[string]bool{
	"github.com/google/go-cmp": true, "github.com/chromedp/cdproto": true, "github.com/chromedp/chromedp": true,
}
