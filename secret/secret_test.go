package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestPrintsAsMaskEverywhere(t *testing.T) {
	t.Parallel()
	s := New("hunter2")
	holder := struct{ S Secret }{s}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "holder", holder)
	js, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{
		s.String(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %X", s, s, s, s, s, s, s),
		fmt.Sprintf("%v %+v %#v", holder, holder, &holder), string(js), log.String(),
	} {
		if strings.Contains(got, "hunter2") || strings.Contains(got, "68756e74657232") {
			t.Errorf("the secret shows: %s", got)
		}
		if !strings.Contains(got, "<secret>") && !strings.Contains(got, `\u003csecret\u003e`) {
			t.Errorf("no mask: %s", got)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal lost the value")
	}
	if (Secret{}).String() != "" {
		t.Error("no secret prints as something")
	}
}
