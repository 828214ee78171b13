/** The demo: pictures of which it is known what they show, and how honestly the answers are compared with that. */
@NullMarked
package io.saccade.cli.demo;

import org.jspecify.annotations.NullMarked;
