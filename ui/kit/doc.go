// Package kit is what the window is built of: the theme, the one keyboard map,
// and widgets that are at home in both. Use these instead of Fyne's own, for
// reasons that were measured with Fyne 2.8.1:
//
//   - Fyne's Button takes Space but not Enter, and its focus cannot be seen on
//     a primary button; its Entry swallows every shortcut and Escape; its
//     radio rows know no arrow keys; its dialogs give nothing the focus, know
//     neither Enter nor Escape, and let shortcuts through to what is below.
//   - Its disabled text is too weak to read, and its labels show control,
//     bidirectional and invisible characters as they come.
//   - Its password entry keeps a string, which cannot be wiped.
//
// All colours and sizes come from [Theme]; all text goes through [Text], and
// so through [Visible]. The package knows nothing of ceremonies, and does not
// import fyne.io/fyne/v2/app, so that all of it runs in tests without a
// display.
package kit
