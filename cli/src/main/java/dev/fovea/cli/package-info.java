/// The command line: parses, calls the engine, prints.
@NullMarked
package dev.fovea.cli;

import org.jspecify.annotations.NullMarked;
