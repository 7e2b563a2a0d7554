/// Where commands read and write.
@NullMarked
package dev.fovea.cli.terminal;

import org.jspecify.annotations.NullMarked;
