<?php
// The account is the one php-fpm runs as; the socket says who asks, so there is no password to keep.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
header('Content-Type: text/plain');
$database = new mysqli('localhost', 'www-data', '', '@database@');
$database->query('INSERT INTO visits VALUES ()');
$row = $database->query('SELECT COUNT(*) AS visits, VERSION() AS version FROM visits')->fetch_assoc();
echo 'PHP ', PHP_VERSION, ' on ', gethostname(), ', ', $row['version'], ': visit ', $row['visits'], "\n";
