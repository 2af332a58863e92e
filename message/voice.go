package message

import (
	"fmt"
	"strconv"
)

var voiceKind = Kind{
	Name: "voice",
	Fields: []Field{
		{Name: "media", Required: true, Note: "a media id of an AMR file of at most 2 MB"},
		{Name: "duration", Required: true, Note: "whole seconds, 1 to 59"},
	},
	make: func(v Values, _ string) (body, error) {
		return &voiceBody{mediaBody{line(v["media"])}, line(v["duration"])}, nil
	},
	zero: func() body { return new(voiceBody) },
}

// voiceBody is a voice message ("Message types and examples": duration is a
// positive whole number under 60, as a string).
type voiceBody struct {
	mediaBody
	Duration string `json:"duration"`
}

func (*voiceBody) msgtype() string { return "voice" }

func (v *voiceBody) check() error {
	if n, err := strconv.Atoi(v.Duration); err != nil || n < 1 || n > 59 || strconv.Itoa(n) != v.Duration {
		return fmt.Errorf("duration is %q: write whole seconds from 1 to 59", CutRunes(v.Duration, 20))
	}
	return v.mediaBody.check()
}
