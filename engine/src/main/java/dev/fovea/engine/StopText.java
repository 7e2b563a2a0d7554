package dev.fovea.engine;

import java.util.List;

/// Finds stop strings in streamed text and holds back what might be the beginning of one.
final class StopText {
    private final List<String> stops;
    private final StringBuilder text = new StringBuilder();
    private int released;
    private boolean stopped;

    StopText(List<String> stops) {
        this.stops = stops;
    }

    /// Adds text and returns what can be shown now.
    String add(String more) {
        int searchFrom = released; // what was released cannot be part of a stop string
        text.append(more);
        int end = text.length();
        for (String stop : stops) {
            int at = text.indexOf(stop, searchFrom);
            if (at >= 0 && (at < end || !stopped)) {
                end = Math.min(end, at);
                stopped = true;
            }
        }
        if (stopped) {
            text.setLength(end);
        } else {
            end -= heldBack();
        }
        String shown = text.substring(released, end);
        released = end;
        return shown;
    }

    /// Length of the longest end of the text that begins a stop string.
    private int heldBack() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, text.length() - released); length > longest; length--) {
                if (stop.startsWith(text.substring(text.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    boolean stopped() {
        return stopped;
    }

    /// What was held back, when the answer ends for another reason.
    String rest() {
        String rest = text.substring(released);
        released = text.length();
        return rest;
    }

    /// The whole answer so far, the stop string left out.
    String text() {
        return text.toString();
    }
}
