package dev.fovea.engine.file;

/// Text from an untrusted file made fit for a message: printable and short.
final class Excerpt {
    /// Long enough for a path or a list of tensor names, short enough for a terminal.
    private static final int MAX_CHARS = 600;

    private Excerpt() {}

    /// `text` with control and formatting characters escaped, cut after [#MAX_CHARS].
    static String of(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), MAX_CHARS) + 16);
        for (int i = 0; i < text.length(); i++) {
            if (out.length() >= MAX_CHARS) {
                return out.append("… (")
                        .append(text.length())
                        .append(" characters)")
                        .toString();
            }
            char c = text.charAt(i);
            if (isPlain(c)) {
                out.append(c);
            } else {
                out.append(String.format("\\u%04x", (int) c));
            }
        }
        return out.toString();
    }

    /// The first few of `names` and how many more there are.
    static String list(Iterable<String> names) {
        StringBuilder out = new StringBuilder();
        int count = 0;
        for (String name : names) {
            if (count < 5) {
                out.append(count == 0 ? "" : ", ").append(name, 0, Math.min(name.length(), 80));
            }
            count++;
        }
        return count <= 5 ? out.toString() : out + " and " + (count - 5) + " more";
    }

    private static boolean isPlain(char c) {
        int type = Character.getType(c);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR
                && type != Character.UNASSIGNED;
    }
}
