package dingtalk

// Drop says what can be done about a recipient to whom DingTalk did not pass a
// message on (Forbidden).
type Drop string

// The drops.
const (
	// DropPassing: a limit by the minute; sent again when it has passed, it
	// arrives.
	DropPassing Drop = "passing"
	// DropDaily: the employee has received the app's most messages of a day;
	// sent again on DingTalk's next day, it arrives.
	DropDaily Drop = "daily"
	// DropSame: the employee has received the same content today; other content
	// arrives.
	DropSame Drop = "same"
	// DropFinal: sending it again does not help.
	DropFinal Drop = "final"
)

// DropOf classifies the code of a Forbidden (official page of getsendresult).
// What is not documented is final, since nothing says that it would pass.
func DropOf(code string) Drop {
	switch code {
	case "143103", "143104", "143203", "143204", "1430003":
		return DropPassing
	case "143105", "143205":
		return DropDaily
	case "143106", "143206":
		return DropSame
	}
	return DropFinal
}
