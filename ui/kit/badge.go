package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Badge tells which of the two machines this is, by words, shape and colour:
// "online", "offline", or nothing for "". It does not say that nothing is
// connected: a check says that.
func Badge(side string) fyne.CanvasObject {
	switch side {
	case "online":
		return badge("online", "ONLINE MACHINE", ColorOnlineGround, ColorOnlineText, 2.2)
	case "offline":
		return badge("power", "OFFLINE MACHINE", ColorOfflineGround, ColorOfflineText, 0.75)
	}
	return container.NewWithoutLayout()
}

func badge(icon, words string, ground, ink fyne.ThemeColorName, corner float32) fyne.CanvasObject {
	text := NewText(words, Strong)
	text.SetColor(ink)
	inner := container.New(row{gap: 1, stretch: 1, top: true}, newMark(icon, ink, 2.25), text)
	return container.New(frame{2, 1}, newBox(ground, ink, 1, corner), inner)
}
