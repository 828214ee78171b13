/** What travels between the services: events, topics, headers and their JSON form. */
@NullMarked
package io.saccade.contract;

import org.jspecify.annotations.NullMarked;
