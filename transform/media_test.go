package transform

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"workbell/config"
)

func TestCheckMedia(t *testing.T) {
	t.Parallel()
	cfg, faults := config.Load([]byte(`dingtalk: {apps: [{name: ops, agent_id: 1}]}
sources: [{name: am, type: alertmanager, auth: none}]
groups: {sre: {users: [u1]}}
rules: [{name: all, to: sre, msgtype: oa, template: own}]
`), config.Options{File: "rules.yaml", Sandbox: true})
	if faults != nil {
		t.Fatal(faults)
	}
	tr, faults := Load(cfg, templatesWith(fstest.MapFS{"own.tmpl": &fstest.MapFile{Data: []byte(`{{ define "oa.title" }}x{{ end }}
{{ define "oa.image" }} logo.pgn {{ end }}
{{ define "image.media" }}@id{{ end }}
{{ define "voice.media" }}logo.png{{ end }}
{{ define "file.media" }}{{ .Labels.file }}{{ end }}
`)}}))
	if faults != nil {
		t.Fatal(faults)
	}
	got := tr.CheckMedia(map[string]string{"logo.png": "image", "alarm.amr": "voice"})
	want := `templates/own.tmpl:2:24: warning: oa.image: there is no file "logo.pgn" in media_dir (did you mean "logo.png"?)
templates/own.tmpl:4:27: warning: voice.media: logo.png is of kind image (name a file of kind voice)`
	if d := cmp.Diff(want, got.Error()); d != "" {
		t.Error(d)
	}
}
