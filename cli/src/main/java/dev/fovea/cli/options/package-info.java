/// The options that commands share.
@NullMarked
package dev.fovea.cli.options;

import org.jspecify.annotations.NullMarked;
