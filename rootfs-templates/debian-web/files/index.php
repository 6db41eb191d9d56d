<?php
header('Content-Type: text/plain');
echo 'PHP ', PHP_VERSION, ' on ', gethostname(), ': 6 * 7 = ', 6 * 7, "\n";
