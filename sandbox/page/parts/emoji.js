const KNOWN = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", red_circle: "🔴",
  large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", calendar: "📅", date: "📅", spiral_calendar_pad: "🗓️", phone: "☎️",
  telephone_receiver: "📞", iphone: "📱", speech_balloon: "💬", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  alarm_clock: "⏰", clock3: "🕒", wave: "👋", eyes: "👀", bell: "🔔", no_bell: "🔕", no_entry: "⛔", lock: "🔒",
  stethoscope: "🩺", hospital: "🏥", heart: "❤️", tada: "🎉", arrow_right: "➡️", repeat: "🔁", pencil2: "✏️",
  memo: "📝", bust_in_silhouette: "👤", busts_in_silhouette: "👥", raising_hand: "🙋", hand: "✋", link: "🔗",
  information_source: "ℹ️", question: "❓", exclamation: "❗", clipboard: "📋", inbox_tray: "📥", outbox_tray: "📤",
};

export const emojiOf = (name) => KNOWN[name] ?? `:${name}:`;
export const emojiText = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => KNOWN[name] ?? whole);
