package media

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "media")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"logo.PNG": "abc", "alarm.amr": "#!AMR", "runbook.pdf": "%PDF", "图.jpg": "x", ".hidden": "x", "sub/a.png": "x"})
	files, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []File{
		{Name: "alarm.amr", Kind: Voice, Size: 5}, {Name: "logo.PNG", Kind: Image, Size: 3},
		{Name: "runbook.pdf", Kind: Regular, Size: 4}, {Name: "图.jpg", Kind: Image, Size: 1},
	}
	if d := cmp.Diff(want, files, cmpopts.IgnoreUnexported(File{}), cmpopts.IgnoreFields(File{}, "Sum")); d != "" {
		t.Error(d)
	}
	if got, want := files[1].Sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("the sum of abc is %s, want %s", got, want)
	}
	content, err := files[1].Content()
	if err != nil || string(content) != "abc" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.png": "x", "b.exe": "x", "c.gif": "", "d.bmp": strings.Repeat("x", 1e6+1), "e": "x", "f.bmp": strings.Repeat("x", 1e6), "outside.png": ""})
	secret := filepath.Join(filepath.Dir(dir), "secret.png")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "outside.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "outside.png")); err != nil {
		t.Fatal(err)
	}
	files, err := Load(dir)
	if len(files) != 2 || files[0].Name != "a.png" || files[1].Name != "f.bmp" {
		t.Errorf("%+v", files)
	}
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		`b.exe: DingTalk takes no "exe" files: the name must end in one of jpg, gif`, "c.gif: it is empty",
		"d.bmp: it has more than the 1000000 bytes", `e: DingTalk takes no "" files`, "outside.png: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %s\nfound %v", want, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "nope")); err == nil || !strings.Contains(err.Error(), "opening the folder of media") {
		t.Error(err)
	}
}

func TestContentThatChanged(t *testing.T) {
	t.Parallel()
	for _, now := range []string{"y", "longer", ""} {
		dir := folder(t, map[string]string{"a.png": "x"})
		files, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte(now), 0o600); err != nil {
			t.Fatal(err)
		}
		if content, err := files[0].Content(); err == nil || !strings.Contains(err.Error(), "reading a.png") {
			t.Errorf("%q: %q, %v", now, content, err)
		}
	}
}
